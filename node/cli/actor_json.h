#ifndef TROUPE_NODE_CLI_ACTOR_JSON_H_
#define TROUPE_NODE_CLI_ACTOR_JSON_H_

#include <string>
#include <vector>

#include "node/cli/json.h"
#include "proto/actors.pb.h"

namespace troupe::cli {

// `node` is null for an actor of the node that was asked.
inline Json ToJson(const v1::NamedActor& actor) {
  Json json = {{"name", actor.name()}, {"urn", actor.urn()}, {"class", actor.class_name()}};
  json["node"] = actor.node_address().empty() ? Json() : Json(actor.node_address());
  json["methods"] = std::vector<std::string>(actor.methods().begin(), actor.methods().end());
  json["services"] = std::vector<std::string>(actor.services().begin(), actor.services().end());
  return json;
}

inline Json ToJson(const std::vector<v1::NamedActor>& actors) {
  Json list = Json::array();
  for (const v1::NamedActor& actor : actors) list.push_back(ToJson(actor));
  return list;
}

}  // namespace troupe::cli

#endif  // TROUPE_NODE_CLI_ACTOR_JSON_H_
