// A gRPC client of parrots, made of gRPC's own stubs and nothing of Troupe; stock_client.py is the
// same in Python. Obeys the lines of its standard input, words between single spaces, each of which
// it answers with one line: CODE, the number of the status, and what there is to say.
//   say ADDRESS ACTOR TEXT             the reply, and the node that answered
//   raw ADDRESS ACTOR METHOD HEX       a request of these bytes
//   resize ADDRESS ACTOR BYTES REPLY   so many bytes there, so many back: how many came
//   fail ADDRESS ACTOR CODE TEXT DETAIL   what came of the error
//   hang ADDRESS ACTOR MILLISECONDS    a call that only its deadline ends; 0: none
//   look ADDRESS ACTOR KEY VALUE       whether the method saw it, a deadline; what it added
//   count ADDRESS ACTOR ITEMS BYTES    how many items came, in order
//   hang_stream ADDRESS ACTOR MILLISECONDS   the same of a stream; a line `item` before, for each
// Before a command of hang and hang_stream: `cancel`, which says 1 and makes that one be cancelled
// when another line comes.

#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <future>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/node/gateway_client.h"

namespace stock {
namespace {

using Words = std::vector<std::string>;

std::string Answer(const grpc::Status& status, const std::string& rest) {
  return std::to_string(status.error_code()) + " " + (status.ok() ? rest : status.error_message());
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

void SetDeadline(const std::string& milliseconds, Context* context) {
  if (milliseconds == "0") return;
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::milliseconds(std::stoi(milliseconds)));
}

// Cancels a call when the next line comes, if it is to.
class Canceller {
 public:
  Canceller(bool armed, Context* context) {
    if (!armed) return;
    thread_ = std::thread([context] {
      std::string line;
      std::getline(std::cin, line);
      context->TryCancel();
    });
  }
  ~Canceller() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

std::string Say(const Client& client, const Words& words) {
  Context context(words[2]);
  pb::Text reply;
  const grpc::Status status = client.parrot->Say(&context, TextOf(words[3]), &reply);
  return Answer(status, reply.text() + " " + context.Trailer("troupe-node"));
}

std::string Raw(const Client& client, const Words& words) {
  grpc::GenericStub stub(client.channel);
  Context context(words[2]);
  const grpc::Slice slice(FromHex(words[4]));
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer reply;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, words[3], grpc::StubOptions(), &request, &reply,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  return Answer(done.get_future().get(), "");
}

std::string Resize(const Client& client, const Words& words) {
  Context context(words[2]);
  pb::Blob request;
  request.set_data(std::string(std::stoul(words[3]), 'r'));
  request.set_reply_bytes(std::stoll(words[4]));
  pb::Blob reply;
  const grpc::Status status = client.parrot->Resize(&context, request, &reply);
  return Answer(status, std::to_string(reply.data().size()));
}

std::string Fail(const Client& client, const Words& words) {
  Context context(words[2]);
  pb::Failure failure;
  failure.set_code(std::stoi(words[3]));
  failure.set_message(words[4]);
  failure.set_detail(words[5]);
  pb::Text reply;
  const grpc::Status status = client.parrot->Fail(&context, failure, &reply);
  const bool has_detail = status.error_details().find(words[5]) != std::string::npos;
  return Answer(status, "") + (has_detail ? " with " + words[5] : "");
}

std::string Hang(const Client& client, const Words& words, bool cancel) {
  Context context(words[2]);
  SetDeadline(words[3], &context);
  const Canceller canceller(cancel, &context);
  pb::Text reply;
  return Answer(client.parrot->Hang(&context, TextOf("x"), &reply), "");
}

std::string Look(const Client& client, const Words& words) {
  Context context(words[2]);
  context.AddMetadata(words[3], words[4]);
  pb::Seen seen;
  const grpc::Status status = client.parrot->Look(&context, TextOf("before"), &seen);
  bool found = false;
  for (const std::string& entry : seen.metadata()) found |= entry == words[3] + "=" + words[4];
  std::ostringstream rest;
  rest << "seen=" << found << " deadline=" << seen.has_deadline()
       << " initial=" << context.Header("seen-initial")
       << " trailing=" << context.Trailer("seen-trailing-bin").size();
  return Answer(status, rest.str());
}

std::string Count(const Client& client, const Words& words) {
  Context context(words[2]);
  pb::Range range;
  range.set_count(std::stoll(words[3]));
  range.set_bytes(std::stoll(words[4]));
  const auto stream = client.parrot->Count(&context, range);
  pb::Text text;
  int64_t items = 0;
  while (stream->Read(&text) && std::stoll(text.text()) == items) ++items;
  return Answer(stream->Finish(), std::to_string(items));
}

std::string HangStream(const Client& client, const Words& words, bool cancel) {
  Context context(words[2]);
  SetDeadline(words[3], &context);
  const Canceller canceller(cancel, &context);
  const auto stream = client.parrot->HangAfterOne(&context, TextOf("one"));
  pb::Text text;
  while (stream->Read(&text)) std::cout << "item" << std::endl;
  return Answer(stream->Finish(), "");
}

std::string Obey(const Words& words, bool cancel) {
  const Client client(words.at(1));
  if (words[0] == "say") return Say(client, words);
  if (words[0] == "raw") return Raw(client, words);
  if (words[0] == "resize") return Resize(client, words);
  if (words[0] == "fail") return Fail(client, words);
  if (words[0] == "hang") return Hang(client, words, cancel);
  if (words[0] == "look") return Look(client, words);
  if (words[0] == "count") return Count(client, words);
  if (words[0] == "hang_stream") return HangStream(client, words, cancel);
  return "unknown: " + words[0];
}

void Run() {
  bool cancel = false;
  for (std::string line; std::getline(std::cin, line);) {
    Words words(1);
    for (const char c : line) {
      if (c == ' ') {
        words.emplace_back();
      } else {
        words.back().push_back(c);
      }
    }
    if (line == "cancel") {
      cancel = true;
      std::cout << "1" << std::endl;
    } else {
      std::cout << Obey(words, cancel) << std::endl;
      cancel = false;
    }
  }
}

}  // namespace
}  // namespace stock

int main() { stock::Run(); }
