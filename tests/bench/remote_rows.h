#ifndef TROUPE_TESTS_BENCH_REMOTE_ROWS_H_
#define TROUPE_TESTS_BENCH_REMOTE_ROWS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/figures.h"
#include "tests/bench/measure.h"
#include "tests/bench/other_process.h"
#include "troupe.h"

namespace troupe::bench {

// Some work, measured: what `--only` names.
struct Row {
  std::string name;
  std::function<Figures()> run;
};

// What a row works with. Nothing of it outlives the row: an idle node beside, in either process,
// would change what is measured.
class RemoteBench {
 public:
  RemoteBench(double scale, bool unix_sockets) : scale_(scale), unix_sockets_(unix_sockets) {}

  double scale() const { return scale_; }
  int64_t Scaled(int64_t full) const { return bench::Scaled(full, scale_); }
  // The other process, which serves this role until the row ends. A row has one.
  const OtherProcess& Other(const std::string& role);
  // This process's node, in the same role.
  const Node& LocalNode(const std::string& role);
  void EndRow();

 private:
  const double scale_;
  const bool unix_sockets_;
  std::unique_ptr<OtherProcess> other_;
  std::unique_ptr<Node> node_;
};

// Rows in which nodes of Troupe call each other, and what they talk to in the other process.
std::vector<Row> TroupeRows(RemoteBench* bench);
void ServeNode(const std::string& role, bool unix_sockets);

// Their limits, without Troupe: the names begin with "raw_" (remote_raw_rows.cc).
std::vector<Row> RawRows(RemoteBench* bench);
void ServeRaw(const std::string& role, bool unix_sockets);

// Where a process in this role listens: at a free port, or a path of its own.
std::string ListenAddress(const std::string& role, bool unix_sockets);

}  // namespace troupe::bench

#endif  // TROUPE_TESTS_BENCH_REMOTE_ROWS_H_
