// The remote rows in Cap'n Proto RPC: objects of two processes, over its two-party protocol (TCP on
// loopback).
//
//   remote ROW [SCALE]
//
// One thread with one event loop on each side, and sizes told in advance so that a message is one
// allocation, as the library's documentation advises. A one-way message is a streaming call
// (`-> stream`), since this version has no other: each is acknowledged, and the library keeps as
// many under way as fit into the socket's buffer. Left out: the idle and the busy-polling rows,
// which are about Troupe's own options.

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "glog/logging.h"
#include "tests/bench/figures.h"
#include "tests/bench/measure.h"
#include "tests/bench/other_process.h"
#include "tests/bench/peers/capnproto/echo.capnp.h"

namespace {

using troupe::bench::Figures;
using troupe::bench::Stopwatch;
using troupe::bench::echo::Echo;

constexpr int kRowSeconds = 300;

// In words of eight bytes, with the struct around the text.
capnp::MessageSize SizeFor(size_t bytes) { return {4 + (bytes + 7) / 8, 0}; }

// Answers what it is asked, counts what it is told, and makes more of its kind.
class EchoServer final : public Echo::Server {
 public:
  kj::Promise<void> ask(AskContext context) override {
    const auto text = context.getParams().getText();
    context.initResults(SizeFor(text.size())).setText(text);
    return kj::READY_NOW;
  }
  kj::Promise<void> tell(TellContext context) override {
    ++messages_;
    bytes_ += static_cast<int64_t>(context.getParams().getText().size());
    return kj::READY_NOW;
  }
  kj::Promise<void> take(TakeContext context) override {
    auto results = context.initResults();
    results.setMessages(std::exchange(messages_, 0));
    results.setBytes(std::exchange(bytes_, 0));
    return kj::READY_NOW;
  }
  kj::Promise<void> another(AnotherContext context) override {
    context.initResults().setEcho(kj::heap<EchoServer>());
    return kj::READY_NOW;
  }

 private:
  int64_t messages_ = 0;
  int64_t bytes_ = 0;
};

// A connection to the other process.
struct Connection {
  Connection(kj::AsyncIoContext& io, const std::string& address)
      : stream(io.provider->getNetwork()
                   .parseAddress(address.c_str())
                   .wait(io.waitScope)
                   ->connect()
                   .wait(io.waitScope)),
        client(*stream),
        echo(client.bootstrap().castAs<Echo>()) {}

  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyClient client;
  Echo::Client echo;
};

// The calling process's side.
class Bench {
 public:
  Bench(std::string row, double scale) : row_(std::move(row)), scale_(scale) {}

  Figures Ask() {
    Connection there(io_, other_.address());
    AskOnce(there.echo);
    std::vector<double> micros;
    for (int64_t i = 0; i < Scaled(20'000); ++i) {
      const Stopwatch watch;
      AskOnce(there.echo);
      micros.push_back(watch.Micros());
    }
    return troupe::bench::Percentiles(row_, std::move(micros));
  }

  template <int outstanding>
  Figures Asks() {
    Connection there(io_, other_.address());
    std::vector<Echo::Client> echoes;
    for (int i = 0; i < outstanding; ++i) echoes.emplace_back(there.echo);
    return AsksOf(std::move(echoes));
  }

  Figures ManyToMany() {
    Connection there(io_, other_.address());
    std::vector<Echo::Client> echoes;
    for (int i = 0; i < 1000; ++i) {
      echoes.push_back(there.echo.anotherRequest().send().wait(io_.waitScope).getEcho());
    }
    return AsksOf(std::move(echoes));
  }

  Figures OneWay() {
    const int64_t messages = Scaled(100'000);
    const troupe::bench::CpuWatch cpu(other_);
    const double seconds = Tell(64, messages);
    Figures figures = cpu.PerMessage(row_, static_cast<double>(messages));
    figures.push_back(troupe::bench::Rate(row_, static_cast<double>(messages), seconds));
    return figures;
  }

  template <int64_t bytes>
  Figures Bytes() {
    const int64_t messages = Scaled((256 << 20) / std::max<int64_t>(bytes, 4 << 10));
    const double seconds = Tell(bytes, messages);
    return {troupe::bench::MegabyteRate(row_, static_cast<double>(bytes * messages), seconds)};
  }

  Figures ConnectRounds() {
    std::vector<double> rounds;
    for (int64_t i = 0; i < Scaled(50); ++i) {
      const Stopwatch watch;
      Connection there(io_, other_.address());
      AskOnce(there.echo);
      rounds.push_back(watch.Micros());
    }
    return {{row_, troupe::bench::Median(std::move(rounds)), "us"}};
  }

 private:
  int64_t Scaled(int64_t full) const { return troupe::bench::Scaled(full, scale_); }
  kj::ArrayPtr<const kj::byte> Text() const {
    return {reinterpret_cast<const kj::byte*>(text_.data()), text_.size()};
  }

  auto SendAsk(Echo::Client& echo) const {
    auto request = echo.askRequest(SizeFor(text_.size()));
    request.setText(Text());
    return request.send();
  }

  void AskOnce(Echo::Client& echo) {
    const auto answer = SendAsk(echo).wait(io_.waitScope);
    CHECK(answer.getText() == Text());
  }

  // One question after another.
  kj::Promise<void> AskAll(Echo::Client& echo, int64_t left) {
    if (left == 0) return kj::READY_NOW;
    return SendAsk(echo).then([this, &echo, left](auto&& answer) {
      right_ += answer.getText() == Text();
      return AskAll(echo, left - 1);
    });
  }

  // As many questions as there are echoes are under way.
  Figures AsksOf(std::vector<Echo::Client> echoes) {
    const int64_t each =
        std::max<int64_t>(1, Scaled(100'000) / static_cast<int64_t>(echoes.size()));
    AskOnce(echoes.front());
    right_ = 0;
    const troupe::bench::CpuWatch cpu(other_);
    const Stopwatch watch;
    auto all = kj::heapArrayBuilder<kj::Promise<void>>(echoes.size());
    for (Echo::Client& echo : echoes) all.add(AskAll(echo, each));
    kj::joinPromises(all.finish()).wait(io_.waitScope);
    const double seconds = watch.Seconds();
    Figures figures = cpu.PerMessage(row_, static_cast<double>(right_));
    CHECK_EQ(right_, each * static_cast<int64_t>(echoes.size()));
    figures.push_back(troupe::bench::Rate(row_, static_cast<double>(right_), seconds));
    return figures;
  }

  // A streaming call's promise is ready when the next one may be made.
  kj::Promise<void> TellAll(Echo::Client& echo, kj::ArrayPtr<const kj::byte> text, int64_t left) {
    if (left == 0) return kj::READY_NOW;
    auto request = echo.tellRequest(SizeFor(text.size()));
    request.setText(text);
    return request.send().then([this, &echo, text, left] { return TellAll(echo, text, left - 1); });
  }

  // Seconds for `messages` of `bytes` one way.
  double Tell(size_t bytes, int64_t messages) {
    Connection there(io_, other_.address());
    AskOnce(there.echo);
    const std::string text(bytes, 'x');
    const Stopwatch watch;
    TellAll(there.echo, {reinterpret_cast<const kj::byte*>(text.data()), bytes}, messages)
        .wait(io_.waitScope);
    const auto taken = there.echo.takeRequest().send().wait(io_.waitScope);
    const double seconds = watch.Seconds();
    CHECK_EQ(taken.getMessages(), messages);
    CHECK_EQ(taken.getBytes(), messages * static_cast<int64_t>(bytes));
    return seconds;
  }

  const std::string row_;
  const double scale_;
  const std::string text_ = std::string(64, 'x');
  troupe::bench::OtherProcess other_{{"--serve"}};
  kj::AsyncIoContext io_ = kj::setupAsyncIo();
  int64_t right_ = 0;
};

int Serve() {
  troupe::bench::EndWithin(kRowSeconds);
  kj::AsyncIoContext io = kj::setupAsyncIo();
  auto address = io.provider->getNetwork().parseAddress("127.0.0.1:0").wait(io.waitScope);
  auto listener = address->listen();
  capnp::TwoPartyServer server(kj::heap<EchoServer>());
  troupe::bench::Announce("127.0.0.1:" + std::to_string(listener->getPort()));
  auto input = io.lowLevelProvider->wrapInputFd(STDIN_FILENO);
  char byte = 0;
  auto end = input->tryRead(&byte, 1, 1).ignoreResult();
  server.listen(*listener).exclusiveJoin(kj::mv(end)).wait(io.waitScope);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string row = argc > 1 ? argv[1] : "";
  if (row == "--serve") return Serve();
  troupe::bench::EndWithin(kRowSeconds);
  using Run = Figures (Bench::*)();
  const std::map<std::string, Run> rows = {
      {"ask", &Bench::Ask},
      {"asks_16", &Bench::Asks<16>},
      {"asks_256", &Bench::Asks<256>},
      {"asks_4096", &Bench::Asks<4096>},
      {"many_to_many", &Bench::ManyToMany},
      {"one_way_64", &Bench::OneWay},
      {"bytes_1k", &Bench::Bytes<1 << 10>},
      {"bytes_64k", &Bench::Bytes<64 << 10>},
      {"bytes_1m", &Bench::Bytes<1 << 20>},
      {"connect", &Bench::ConnectRounds},
  };
  const auto found = rows.find(row);
  if (found == rows.end()) {
    std::cerr << "usage: remote ROW [SCALE]; no such row: " << row << "\n";
    return 2;
  }
  Bench bench(row, argc > 2 ? std::atof(argv[2]) : 1.0);
  troupe::bench::PrintPlain((bench.*found->second)());
  return 0;
}
