#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "node/cli/actors_client.h"
#include "node/cli/commands.h"
#include "node/cli/failure.h"
#include "node/cli/json_value.h"
#include "node/cli/methods.h"

namespace troupe::cli {
namespace {

using google::protobuf::MethodDescriptor;

bool IsBlank(const std::string& text) { return absl::StripAsciiWhitespace(text).empty(); }

absl::Status CallRpc(Session* session, const MethodDescriptor& method, const std::string& actor,
                     const std::string& json) {
  if (method.client_streaming()) {
    return UsageError(absl::StrCat(NameOf(method),
                                   " takes a stream of requests, which this "
                                   "program does not send"));
  }
  const absl::StatusOr<std::string> request =
      JsonToMessage(session->types(), method.input_type(), IsBlank(json) ? "{}" : json);
  if (!session->reflection().status().ok()) return session->reflection().status();
  if (!request.ok()) {
    return UsageError(absl::StrCat(request.status().message(), " (troupe describe ",
                                   session->connection().address(), " ",
                                   method.input_type()->full_name(), " says what is right)"));
  }
  Call call(&session->connection(), PathOf(method), ActorMetadata(actor));
  int replies = 0;
  if (call.Write(*request, /*last=*/true)) {
    for (std::string bytes; call.Read(&bytes);) {
      if (++replies > 1 && !method.server_streaming()) {
        return absl::InternalError("there was more than one reply");
      }
      const absl::StatusOr<std::string> line = MessageToJson(
          session->types(), method.output_type(), bytes, session->options().emit_defaults);
      if (!line.ok()) return line.status();
      session->output().PrintJsonText(*line);
      if (absl::Status status = session->output().status(); !status.ok()) return status;
    }
  }
  absl::Status status = call.Finish();
  if (status.ok() && replies == 0 && !method.server_streaming()) {
    status = absl::InternalError("the call ended well, and without a reply");
  }
  return status;
}

absl::Status AddArguments(Session* session, const std::string& json, v1::CallRequest* request) {
  if (IsBlank(json)) return absl::OkStatus();
  absl::StatusOr<InputJson> parsed = ParseInputJson(json);
  if (!parsed.ok()) return UsageError(parsed.status().message());
  if (!parsed->is_array()) parsed = InputJson::array({*std::move(parsed)});
  for (const InputJson& argument : *parsed) {
    absl::StatusOr<wire::Value> value = JsonToValue(session->types(), argument);
    if (!session->reflection().status().ok()) return session->reflection().status();
    if (!value.ok()) return UsageError(value.status().message());
    *request->add_arguments() = *std::move(value);
  }
  return absl::OkStatus();
}

// What the node said, and what else may have been meant.
absl::Status NoSuchMethod(Session* session, const std::string& actor, const std::string& method,
                          const absl::Status& error) {
  const auto services = session->reflection().ServiceNames();
  if (services.ok() &&
      std::find(services->begin(), services->end(), kActorsService) == services->end()) {
    return absl::UnimplementedError(absl::StrCat(session->connection().address(), " has no rpc ",
                                                 method, ", and takes no calls by name"));
  }
  const auto known = FindActor(&session->connection(), actor);
  if (!known.ok() || !known->has_value()) return error;
  std::vector<std::string> names;
  for (const std::string& signature : (*known)->methods()) {
    names.emplace_back(MethodName(signature));
  }
  return absl::UnimplementedError(absl::StrCat(error.message(), DidYouMean(method, names)));
}

absl::Status CallByName(Session* session, const std::string& actor, const std::string& method,
                        const std::string& json) {
  v1::CallRequest request;
  request.set_method(method);
  absl::Status status = AddArguments(session, json, &request);
  if (!status.ok()) return status;
  const auto bytes = session->connection().Unary(absl::StrCat("/", kActorsService, "/Call"),
                                                 request.SerializeAsString(), ActorMetadata(actor));
  if (absl::IsUnimplemented(bytes.status())) {
    return NoSuchMethod(session, actor, method, bytes.status());
  }
  if (!bytes.ok()) return bytes.status();
  v1::CallResponse response;
  if (!response.ParseFromString(*bytes)) {
    return absl::InternalError("the node's answer is no troupe.v1.CallResponse");
  }
  session->output().PrintJson(ValueToJson(session->types(), response.result()));
  return absl::OkStatus();
}

}  // namespace

absl::Status CallMethod(Session* session, const std::string& json) {
  const std::string& actor = session->options().arguments[1];
  const std::string& name = session->options().arguments[2];
  for (const auto& [key, value] : session->options().metadata) {
    if (key == "troupe-actor" && actor != "-") {
      return UsageError(absl::StrCat("the actor is ", actor, ", or with - that of --metadata"));
    }
  }
  const absl::StatusOr<const MethodDescriptor*> method =
      ResolveMethod(&session->connection(), &session->reflection(), actor, name);
  if (!method.ok()) return method.status();
  if (*method == nullptr) return CallByName(session, actor, name, json);
  return CallRpc(session, **method, actor, json);
}

}  // namespace troupe::cli
