#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/manual_system.h"
#include "troupe.h"

namespace troupe {
namespace {

using ::testing::ElementsAre;

// Interfaces that do not derive from Actor.
class Greeter {
 public:
  virtual ~Greeter() = default;
  virtual std::string Greet(std::string name) = 0;
};
TROUPE_ACTOR(Greeter, Greet)

class Counter {
 public:
  virtual ~Counter() = default;
  virtual int64_t Count() const = 0;
  virtual Task<int64_t> CountSlowly() = 0;
  int64_t step = 1;
};
TROUPE_ACTOR(Counter, Count, CountSlowly, step)

// An interface that extends another.
class PoliteGreeter : public Greeter {
 public:
  using Implements = Interfaces<Greeter>;
  virtual std::string Farewell() = 0;
};
TROUPE_ACTOR(PoliteGreeter, Farewell)

// An interface that derives from Actor.
class Machine : public Actor {
 public:
  virtual std::string Work() = 0;
};
TROUPE_ACTOR(Machine, Work)

class Robot : public Machine, public PoliteGreeter, public Counter {
 public:
  using Implements = Interfaces<Machine, PoliteGreeter, Counter>;

  std::string Work() override { return "works"; }
  std::string Greet(std::string name) override { return "hello " + name; }
  std::string Farewell() override { return "bye"; }
  int64_t Count() const override { return count_ * step; }
  Task<int64_t> CountSlowly() override {
    co_await Sleep(absl::Seconds(1));
    co_return count_* step;
  }
  void Bump() { ++count_; }
  Ref<Greeter> AsGreeter() { return self<Robot>(); }

 private:
  int64_t count_ = 0;
};
TROUPE_ACTOR(Robot, Bump, AsGreeter)

// Nothing to export but what its interface does.
class Doorman : public Actor, public Greeter {
 public:
  using Implements = Interfaces<Greeter>;
  std::string Greet(std::string name) override { return "good evening, " + name; }
};

class Caller : public Actor {
 public:
  Task<std::string> GreetThrough(Ref<Greeter> greeter) { co_return co_await greeter->Greet("you"); }
  Task<std::vector<std::string>> GreetAll(std::vector<Ref<Greeter>> greeters) {
    std::vector<std::string> all;
    for (const Ref<Greeter>& greeter : greeters) all.push_back(co_await greeter->Greet("all"));
    co_return all;
  }
};
TROUPE_ACTOR(Caller, GreetThrough, GreetAll)

class InterfaceTest : public ::testing::Test {
 protected:
  ManualSystem manual_;
  const Ref<Robot> robot_ = manual_.system.Spawn<Robot>();
};

TEST_F(InterfaceTest, AReferenceConvertsToEachInterface) {
  const Ref<Greeter> greeter = robot_;
  const Ref<Counter> counter = robot_;
  const Ref<Machine> machine = robot_;
  const Ref<PoliteGreeter> polite = robot_;
  const Ref<Greeter> through = polite;
  EXPECT_EQ(*greeter->Greet("x").Get(), "hello x");
  EXPECT_EQ(*polite->Farewell().Get(), "bye");
  EXPECT_EQ(*polite->Greet("z").Get(), "hello z");
  EXPECT_EQ(*through->Greet("y").Get(), "hello y");
  EXPECT_EQ(*machine->Work().Get(), "works");
  EXPECT_TRUE(robot_->Bump().Get().ok());
  EXPECT_EQ(*counter->Count().Get(), 1);
  EXPECT_EQ(*counter->CountSlowly().Get(), 1);
}

TEST_F(InterfaceTest, ConvertedReferencesAreEqual) {
  const Ref<Greeter> greeter = robot_;
  EXPECT_EQ(greeter, robot_);
  EXPECT_EQ(greeter.class_name(), "Robot");
}

TEST_F(InterfaceTest, TheClassesOwnReferenceReachesWhatItsInterfacesExport) {
  EXPECT_EQ(*robot_->Greet("me").Get(), "hello me");
  EXPECT_EQ(*robot_->Work().Get(), "works");
  EXPECT_EQ(*robot_->Farewell().Get(), "bye");
  EXPECT_EQ(*robot_->Count().Get(), 0);
  EXPECT_EQ(*robot_.Call<&Greeter::Greet>("call").Get(), "hello call");
  EXPECT_EQ(robot_.Tell<&PoliteGreeter::Farewell>(), SendResult::kSent);
}

TEST_F(InterfaceTest, AFieldOfAnInterfaceIsTheObjectsOwn) {
  const Ref<Counter> counter = robot_;
  EXPECT_TRUE(counter->step(10).Get().ok());
  EXPECT_TRUE(robot_->Bump().Get().ok());
  EXPECT_EQ(*counter->Count().Get(), 10);
  EXPECT_EQ(*robot_->step().Get(), 10);
}

TEST_F(InterfaceTest, CallByNameFindsInheritedExports) {
  const AnyRef any = robot_;
  EXPECT_EQ(*any.CallByName("Greet", {"n"}).Get(), Value("hello n"));
  EXPECT_EQ(*any.CallByName("Work", {}).Get(), Value("works"));
  EXPECT_EQ(*any.CallByName("step", {}).Get(), Value(1));
}

TEST_F(InterfaceTest, AsChecksTheClass) {
  const AnyRef any = robot_;
  EXPECT_EQ(*any.As<Robot>(), robot_);
  EXPECT_EQ(*any.As<Greeter>()->operator->()->Greet("a").Get(), "hello a");
  EXPECT_TRUE(any.As<Counter>().ok());
  EXPECT_TRUE(any.As<Machine>().ok());
  EXPECT_EQ(any.As<Doorman>().status().code(), absl::StatusCode::kInvalidArgument);
  const AnyRef doorman = manual_.system.Spawn<Doorman>();
  EXPECT_EQ(doorman.As<Counter>().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(doorman.As<PoliteGreeter>().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(AnyRef().As<Robot>()->is_null());
}

TEST_F(InterfaceTest, FindAndFindAllSeeImplementations) {
  const auto doorman = manual_.system.Spawn<Doorman>(SpawnOptions{.name = "door"});
  EXPECT_THAT(manual_.system.FindAll<Greeter>(), ElementsAre(robot_, doorman));
  EXPECT_THAT(manual_.system.FindAll<Counter>(), ElementsAre(robot_));
  EXPECT_THAT(manual_.system.FindAll<Doorman>(), ElementsAre(doorman));
  EXPECT_EQ(*manual_.system.Find<Greeter>("door")->operator->()->Greet("b").Get(),
            "good evening, b");
  EXPECT_EQ(manual_.system.Find<Counter>("door").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(manual_.system.Find<Counter>("window").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(InterfaceTest, AnImplementationWithoutExportsOfItsOwnIsReachedThroughTheInterface) {
  const Ref<Greeter> greeter = manual_.system.Spawn<Doorman>();
  EXPECT_EQ(*greeter->Greet("c").Get(), "good evening, c");
  EXPECT_EQ(*greeter.CallByName("Greet", {"d"}).Get(), Value("good evening, d"));
}

TEST_F(InterfaceTest, InterfaceReferencesAreArgumentsAndResults) {
  const auto caller = manual_.system.Spawn<Caller>();
  const auto doorman = manual_.system.Spawn<Doorman>();
  EXPECT_EQ(*caller->GreetThrough(robot_).Get(), "hello you");
  EXPECT_EQ(*robot_->AsGreeter().Get(), robot_);
  EXPECT_THAT(*caller->GreetAll({robot_, doorman}).Get(),
              ElementsAre("hello all", "good evening, all"));
}

TEST_F(InterfaceTest, AClassOfTheRightInterfaceIsAcceptedByName) {
  const auto caller = manual_.system.Spawn<Caller>();
  EXPECT_EQ(*caller.CallByName("GreetThrough", {robot_}).Get(), Value("hello you"));
  EXPECT_EQ(caller.CallByName("GreetThrough", {caller}).Get().status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace troupe
