#include "node/cli/actors_client.h"

#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace troupe::cli {
namespace {

absl::StatusOr<v1::ListResponse> ListPage(Connection* connection, const v1::ListRequest& request) {
  const absl::StatusOr<std::string> bytes =
      connection->Unary(absl::StrCat("/", kActorsService, "/List"), request.SerializeAsString());
  if (!bytes.ok()) return bytes.status();
  v1::ListResponse response;
  if (!response.ParseFromString(*bytes)) {
    return absl::InternalError("the node's answer is no troupe.v1.ListResponse");
  }
  return response;
}

}  // namespace

Metadata ActorMetadata(const std::string& actor) {
  if (actor == "-") return {};
  return {{"troupe-actor", actor}};
}

absl::StatusOr<std::vector<v1::NamedActor>> ListActors(Connection* connection,
                                                       const std::string& prefix) {
  std::vector<v1::NamedActor> actors;
  std::set<std::string> tokens;
  v1::ListRequest request;
  request.set_prefix(prefix);
  for (;;) {
    absl::StatusOr<v1::ListResponse> page = ListPage(connection, request);
    if (!page.ok()) return page.status();
    for (v1::NamedActor& actor : *page->mutable_actors()) actors.push_back(std::move(actor));
    if (page->next_page_token().empty()) return actors;
    if (!tokens.insert(page->next_page_token()).second) {
      return absl::InternalError("the node's list of actors has no end");
    }
    request.set_page_token(page->next_page_token());
  }
}

absl::StatusOr<absl::optional<v1::NamedActor>> FindActor(Connection* connection,
                                                         const std::string& actor) {
  using Found = absl::optional<v1::NamedActor>;
  std::set<std::string> tokens;
  v1::ListRequest request;
  request.set_prefix(actor);
  // In the order of their names, the one that has just this name comes first; but a page may have
  // none.
  request.set_page_size(1);
  for (;;) {
    const absl::StatusOr<v1::ListResponse> page = ListPage(connection, request);
    if (absl::IsUnimplemented(page.status())) return Found();
    if (!page.ok()) return page.status();
    if (page->actors_size() > 0) {
      return page->actors(0).name() == actor ? Found(page->actors(0)) : Found();
    }
    if (!tokens.insert(page->next_page_token()).second || page->next_page_token().empty()) {
      return Found();
    }
    request.set_page_token(page->next_page_token());
  }
}

absl::string_view MethodName(absl::string_view signature) {
  return signature.substr(0, signature.find_first_of("(:"));
}

}  // namespace troupe::cli
