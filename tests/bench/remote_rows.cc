// The rows in which nodes of Troupe call each other.

#include "tests/bench/remote_rows.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace troupe::bench {
namespace {

// Answers what it is asked, and counts what it is told.
class Echo : public Actor {
 public:
  std::string Ask(std::string text) { return text; }
  void Tell(std::string text) {
    ++messages_;
    bytes_ += static_cast<int64_t>(text.size());
  }
  // Messages and bytes since the last time; behind all that was told before.
  std::pair<int64_t, int64_t> Take() {
    return {std::exchange(messages_, 0), std::exchange(bytes_, 0)};
  }

 private:
  int64_t messages_ = 0;
  int64_t bytes_ = 0;
};
TROUPE_ACTOR(Echo, Ask, Tell, Take)

// Asks one question after another; how many were answered as they should.
class Asker : public Actor {
 public:
  explicit Asker(Ref<Echo> echo) : echo_(std::move(echo)) {}
  Task<int64_t> Run(int64_t questions, std::string text) {
    int64_t right = 0;
    for (int64_t i = 0; i < questions; ++i) {
      const std::string answer = co_await echo_->Ask(text);
      right += answer == text;
    }
    co_return right;
  }

 private:
  const Ref<Echo> echo_;
};
TROUPE_ACTOR(Asker, Run)

// Tells, with at most two windows of messages under way, so that no queue has to refuse any.
class Teller : public Actor {
 public:
  explicit Teller(Ref<Echo> echo) : echo_(std::move(echo)) {}
  // The bytes that have arrived; -1 if not all messages have.
  Task<int64_t> Run(int64_t messages, int64_t window, std::string text) {
    std::pair<int64_t, int64_t> arrived;
    std::optional<Future<std::pair<int64_t, int64_t>>> before;
    for (int64_t i = 0; i < messages; i += window) {
      for (int64_t j = i; j < std::min(messages, i + window); ++j) {
        (void)echo_.Tell<&Echo::Tell>(text);
      }
      Future<std::pair<int64_t, int64_t>> taken = echo_->Take();
      if (before.has_value()) Add(co_await *before, &arrived);
      before = std::move(taken);
    }
    if (before.has_value()) Add(co_await *before, &arrived);
    if (arrived.first != messages) co_return -1;
    co_return arrived.second;
  }

 private:
  static void Add(const std::pair<int64_t, int64_t>& more, std::pair<int64_t, int64_t>* sum) {
    sum->first += more.first;
    sum->second += more.second;
  }
  const Ref<Echo> echo_;
};
TROUPE_ACTOR(Teller, Run)

constexpr char kEchoName[] = "echo";

std::string Text() { return std::string(64, 'x'); }

// "node": as anybody has it; "busy": with busy polling.
NodeOptions OptionsFor(const std::string& role, bool unix_sockets) {
  NodeOptions options;
  options.listen = ListenAddress(role, unix_sockets);
  options.classes = {Hosts<Echo>()};
  if (role == "busy") options.busy_poll = absl::Milliseconds(1);
  return options;
}

std::unique_ptr<Node> NewNode(const std::string& role, bool unix_sockets) {
  absl::StatusOr<std::unique_ptr<Node>> node = Node::Create(OptionsFor(role, unix_sockets));
  CHECK(node.ok()) << node.status();
  return *std::move(node);
}

// In the other process.
Ref<Echo> SpawnEcho(RemoteBench* bench, const std::string& role = "node") {
  const NodeRef there = bench->LocalNode(role).At(bench->Other(role).address());
  const Ref<Echo> echo = there.Spawn<Echo>();
  CHECK_EQ(*echo->Ask(Text()).Get(), Text());
  return echo;
}

// A plain thread asks and waits for the answer.
Figures AskRounds(RemoteBench* bench, const std::string& name, const std::string& role) {
  const Ref<Echo> echo = SpawnEcho(bench, role);
  const std::string text = Text();
  std::vector<double> rounds;
  for (int64_t i = 0; i < bench->Scaled(20'000); ++i) {
    const Stopwatch watch;
    const absl::StatusOr<std::string> answer = echo->Ask(text).Get();
    rounds.push_back(watch.Micros());
    CHECK(answer.ok() && *answer == text) << answer.status();
  }
  return Percentiles(name, std::move(rounds));
}

// The same while messages of almost the largest size go to another actor over there.
Figures AskBesideLarge(RemoteBench* bench) {
  const Ref<Echo> echo = SpawnEcho(bench);
  const Ref<Echo> sink = SpawnEcho(bench);
  std::atomic<bool> done{false};
  std::thread sender([bench, &sink, &done] {
    const std::string large((size_t{64} << 20) - 4096, 'x');
    for (int64_t i = 0; i < bench->Scaled(40); ++i) CHECK(sink->Tell(large).Get().ok());
    done.store(true);
  });
  std::vector<double> rounds;
  while (!done.load()) {
    const Stopwatch watch;
    CHECK_EQ(*echo->Ask(Text()).Get(), Text());
    rounds.push_back(watch.Micros());
  }
  sender.join();
  return Percentiles("ask_beside_64m", std::move(rounds));
}

Figures ActorAsk(RemoteBench* bench) {
  const Ref<Echo> echo = SpawnEcho(bench);
  const Ref<Asker> asker = bench->LocalNode("node").Spawn<Asker>(echo);
  const int64_t questions = bench->Scaled(20'000);
  const Stopwatch watch;
  CHECK_EQ(*asker->Run(questions, Text()).Get(), questions);
  const double micros = watch.Micros() / static_cast<double>(questions);
  return {{"actor_ask", micros, "us"}};
}

// As many actors here as there are echoes ask one question at a time, each its own echo.
Figures AsksOf(RemoteBench* bench, const std::string& name, const std::vector<Ref<Echo>>& echoes,
               int64_t total) {
  const int64_t outstanding = static_cast<int64_t>(echoes.size());
  const int64_t each = std::max<int64_t>(1, total / outstanding);
  const Node& node = bench->LocalNode("node");
  std::vector<Ref<Asker>> askers;
  for (const Ref<Echo>& echo : echoes) askers.push_back(node.Spawn<Asker>(echo));
  const CpuWatch cpu(bench->Other("node"));
  const Stopwatch watch;
  std::vector<Future<int64_t>> runs;
  for (const Ref<Asker>& asker : askers) runs.push_back(asker->Run(each, Text()));
  int64_t right = 0;
  for (const Future<int64_t>& run : runs) right += run.Get().value();
  const double seconds = watch.Seconds();
  Figures figures = cpu.PerMessage(name, static_cast<double>(right));
  CHECK_EQ(right, each * outstanding);
  figures.insert(figures.begin(), Rate(name, static_cast<double>(right), seconds));
  return figures;
}

Figures Asks(RemoteBench* bench, int outstanding) {
  const std::string name = absl::StrCat("asks_", outstanding);
  const Ref<Echo> echo = SpawnEcho(bench);
  const std::vector<Ref<Echo>> echoes(outstanding, echo);
  return AsksOf(bench, name, echoes, bench->Scaled(outstanding < 64 ? 200'000 : 1'000'000));
}

Figures ManyToMany(RemoteBench* bench) {
  std::vector<Ref<Echo>> echoes;
  for (int i = 0; i < 1000; ++i) echoes.push_back(SpawnEcho(bench));
  return AsksOf(bench, "many_to_many", echoes, bench->Scaled(1'000'000));
}

// Seconds for `messages` of `bytes` one way.
double Tell(RemoteBench* bench, size_t bytes, int64_t messages, int64_t window) {
  const Ref<Echo> echo = SpawnEcho(bench);
  const Ref<Teller> teller = bench->LocalNode("node").Spawn<Teller>(echo);
  const Stopwatch watch;
  const absl::StatusOr<int64_t> arrived =
      teller->Run(messages, window, std::string(bytes, 'x')).Get();
  const double seconds = watch.Seconds();
  CHECK(arrived.ok()) << arrived.status();
  CHECK_EQ(*arrived, messages * static_cast<int64_t>(bytes));
  return seconds;
}

Figures OneWay(RemoteBench* bench) {
  const std::string name = "one_way_64";
  const int64_t messages = bench->Scaled(5'000'000);
  (void)SpawnEcho(bench);  // what the connection costs is not measured
  const CpuWatch cpu(bench->Other("node"));
  const double seconds = Tell(bench, 64, messages, 16'384);
  Figures figures = cpu.PerMessage(name, static_cast<double>(messages));
  figures.insert(figures.begin(), Rate(name, static_cast<double>(messages), seconds));
  return figures;
}

Figures Bytes(RemoteBench* bench, const std::string& name, size_t bytes, int64_t total_bytes) {
  const int64_t size = static_cast<int64_t>(bytes);
  const int64_t messages = bench->Scaled(total_bytes / size);
  const double seconds = Tell(bench, bytes, messages, std::max<int64_t>(4, (4 << 20) / size));
  return {MegabyteRate(name, static_cast<double>(size * messages), seconds)};
}

std::unique_ptr<Client> ConnectedClient(const std::string& address, ClientOptions options) {
  absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(std::move(options));
  CHECK(client.ok()) << client.status();
  const absl::StatusOr<Ref<Echo>> echo = (*client)->At(address).Find<Echo>(kEchoName).Get();
  CHECK(echo.ok()) << echo.status();
  CHECK_EQ(*(*echo)->Ask(Text()).Get(), Text());
  return *std::move(client);
}

// From nothing to the first answer of an actor that is found by its name.
Figures Connect(RemoteBench* bench) {
  std::vector<double> rounds;
  for (int64_t i = 0; i < bench->Scaled(50); ++i) {
    const Stopwatch watch;
    const auto client = ConnectedClient(bench->Other("node").address(), ClientOptions());
    rounds.push_back(watch.Micros());
  }
  return {{"connect", Median(std::move(rounds)), "us"}};
}

// Percent of one core that a node needs to do nothing for five seconds times `scale`.
double IdlePercent(const OtherProcess& node, double scale) {
  const double seconds = 5 * scale;
  CHECK(!node.EndsWithin(seconds / 5));  // what its start has left to do
  const double before = node.CpuSeconds();
  const Stopwatch watch;
  CHECK(!node.EndsWithin(seconds));
  return 100 * (node.CpuSeconds() - before) / watch.Seconds();
}

Figures Idle(RemoteBench* bench) {
  const OtherProcess& node = bench->Other("node");
  Figures figures = {{"idle_cpu", IdlePercent(node, bench->scale()), "%"}};
  std::vector<std::unique_ptr<Client>> peers;
  const size_t count = bench->scale() < 0.01 ? 3 : 100;  // a try-out has other things to do
  while (peers.size() < count) {
    ClientOptions options;
    options.system.threads = 1;
    peers.push_back(ConnectedClient(node.address(), std::move(options)));
  }
  figures.push_back({"idle_cpu_100_peers", IdlePercent(node, bench->scale()), "%"});
  return figures;
}

}  // namespace

std::string ListenAddress(const std::string& role, bool unix_sockets) {
  if (!unix_sockets) return "127.0.0.1:0";
  const char* folder = getenv("TMPDIR");
  return absl::StrCat("unix:", folder != nullptr ? folder : "/tmp", "/troupe-bench-", getpid(), "-",
                      role);
}

const OtherProcess& RemoteBench::Other(const std::string& role) {
  if (other_ == nullptr) {
    other_ = std::make_unique<OtherProcess>(std::vector<std::string>{
        absl::StrCat("--serve=", role), unix_sockets_ ? "--unix" : "--nounix"});
  }
  return *other_;
}

const Node& RemoteBench::LocalNode(const std::string& role) {
  if (node_ == nullptr) node_ = NewNode(role, unix_sockets_);
  return *node_;
}

void RemoteBench::EndRow() {
  node_ = nullptr;
  other_ = nullptr;
}

std::vector<Row> TroupeRows(RemoteBench* bench) {
  return {
      {"ask", [bench] { return AskRounds(bench, "ask", "node"); }},
      {"busy_ask", [bench] { return AskRounds(bench, "busy_ask", "busy"); }},
      {"ask_beside_64m", [bench] { return AskBesideLarge(bench); }},
      {"actor_ask", [bench] { return ActorAsk(bench); }},
      {"asks_16", [bench] { return Asks(bench, 16); }},
      {"asks_256", [bench] { return Asks(bench, 256); }},
      {"asks_4096", [bench] { return Asks(bench, 4096); }},
      {"many_to_many", [bench] { return ManyToMany(bench); }},
      {"one_way_64", [bench] { return OneWay(bench); }},
      {"bytes_1k", [bench] { return Bytes(bench, "bytes_1k", 1 << 10, 512 << 20); }},
      {"bytes_64k", [bench] { return Bytes(bench, "bytes_64k", 64 << 10, int64_t{2} << 30); }},
      {"bytes_1m", [bench] { return Bytes(bench, "bytes_1m", 1 << 20, int64_t{2} << 30); }},
      {"connect", [bench] { return Connect(bench); }},
      {"idle", [bench] { return Idle(bench); }},
  };
}

void ServeNode(const std::string& role, bool unix_sockets) {
  const std::unique_ptr<Node> node = NewNode(role, unix_sockets);
  const Ref<Echo> echo = node->Spawn<Echo>(SpawnOptions{.name = kEchoName});
  AnnounceAndWait(node->address());
}

}  // namespace troupe::bench
