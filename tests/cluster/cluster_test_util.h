#ifndef TROUPE_TESTS_CLUSTER_CLUSTER_TEST_UTIL_H_
#define TROUPE_TESTS_CLUSTER_CLUSTER_TEST_UTIL_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "glog/logging.h"
#include "tests/cluster/actors.h"
#include "tests/cluster/process.h"
#include "tests/cluster/timing.h"
#include "troupe.h"

namespace troupe {
namespace testing {

// Nothing takes that long: what is waited for in vain, fails the test with a message.
constexpr absl::Duration kLong = absl::Seconds(60);

template <typename T>
Outcome<T> Await(const Future<T>& future) {
  return future.Get(kLong);
}

// Of the test's own node: as quick to notice as a test_node.
inline NodeOptions QuickOptions() {
  NodeOptions options;
  options.listen = TestNode::OwnLoopbackAddress();
  options.name = "test";
  options.classes = AllTestClasses();
  options.heartbeat = kHeartbeat;
  options.down_after = kDownAfter;
  options.system.threads = 2;
  return options;
}

inline std::unique_ptr<Node> MakeNode(NodeOptions options = QuickOptions()) {
  auto node = Node::Create(std::move(options));
  CHECK(node.ok()) << node.status();
  return *std::move(node);
}

// What a test_node has from its start.
inline Ref<Worker> FindWorker(const NodeRef& node) {
  const absl::StatusOr<Ref<Worker>> worker = Await(node.Find<Worker>("worker"));
  CHECK(worker.ok()) << worker.status();
  return *worker;
}

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_CLUSTER_CLUSTER_TEST_UTIL_H_
