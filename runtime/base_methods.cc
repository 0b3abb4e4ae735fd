#include "runtime/base_methods.h"

#include <cstddef>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/errors.h"
#include "runtime/future.h"
#include "runtime/inbound_call.h"
#include "runtime/value.h"

namespace troupe::internal {
namespace {

Future<Value> Call(const CallTarget&, const std::vector<Value>&) {
  return Future<Value>::Ready(AmbiguousMethodError());
}
SendResult Tell(const CallTarget&, const std::vector<Value>&) { return SendResult::kBadArguments; }
absl::Status Receive(const CallTarget&, const InboundOptions&, const DecodeContext&,
                     absl::string_view, InboundCall*) {
  return AmbiguousMethodError();
}
absl::Status ReceiveOneWay(const CallTarget&, const InboundOptions&, const DecodeContext&,
                           absl::string_view, InboundCredit) {
  return AmbiguousMethodError();
}
absl::Status ReceiveValues(const CallTarget&, const InboundOptions&, const std::vector<Value>&,
                           InboundCall*) {
  return AmbiguousMethodError();
}
absl::Status ReceiveValuesOneWay(const CallTarget&, const InboundOptions&,
                                 const std::vector<Value>&, InboundCredit) {
  return AmbiguousMethodError();
}

MethodInfo AmbiguousMethod(const MethodInfo& one_of_them) {
  MethodInfo method = one_of_them;
  method.call = &Call;
  method.tell = &Tell;
  method.receive = &Receive;
  method.receive_one_way = &ReceiveOneWay;
  method.receive_values = &ReceiveValues;
  method.receive_values_one_way = &ReceiveValuesOneWay;
  return method;
}

}  // namespace

void AddMethodsOfBases(ClassInfo& info) {
  const size_t own = info.methods.size();
  std::vector<const ClassInfo*> whose(own, nullptr);  // methods[i] is
  for (const ClassInfo::Base& base : info.bases) {
    for (const MethodInfo& method : base.info->methods) {
      const size_t i =
          static_cast<size_t>(absl::c_find_if(info.methods,
                                              [&](const MethodInfo& known) {
                                                return absl::string_view(known.name) == method.name;
                                              }) -
                              info.methods.begin());
      if (i == info.methods.size()) {
        info.methods.push_back(method);
        whose.push_back(base.info);
      } else if (i >= own && info.methods[i].receive != method.receive && !whose[i]->Is(base.id) &&
                 !base.info->Is(whose[i]->id)) {
        info.methods[i] = AmbiguousMethod(method);
      }
    }
    for (const ServiceInfo* service : base.info->services) {
      if (!absl::c_linear_search(info.services, service)) info.services.push_back(service);
    }
  }
}

}  // namespace troupe::internal
