// How actors are found: all, by class, by class name, by urn, by name; and Broadcast.

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/random.h"
#include "tests/runtime/life_test_util.h"

namespace zoo {

class Speaker {
 public:
  virtual ~Speaker() = default;
  virtual std::string Speak() = 0;
};
TROUPE_ACTOR(Speaker, Speak)

class LoudSpeaker : public Speaker {
 public:
  using Implements = troupe::Interfaces<Speaker>;
};
TROUPE_ACTOR(LoudSpeaker)

class Dog : public troupe::Actor, public LoudSpeaker {
 public:
  using Implements = troupe::Interfaces<LoudSpeaker>;
  std::string Speak() override { return "woof"; }
  absl::StatusOr<troupe::Value> Receive(troupe::Value message) override {
    ++received;
    return message;
  }
  int received = 0;
};
TROUPE_ACTOR(Dog, received)

class Puppy : public Dog {
 public:
  using Implements = troupe::Interfaces<Dog>;
  std::string Speak() override { return "wiff"; }
};
TROUPE_ACTOR(Puppy)

}  // namespace zoo

namespace aviary {

class Parrot : public troupe::Actor, public zoo::Speaker {
 public:
  using Implements = troupe::Interfaces<zoo::Speaker>;
  std::string Speak() override { return "woof, too"; }
};
TROUPE_ACTOR(Parrot)

class Dog : public troupe::Actor {};  // a name that two classes have

}  // namespace aviary

namespace troupe {
namespace testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct RegistryTest : ::testing::Test {
  World world;
};

TEST_F(RegistryTest, AllAreThereInTheOrderOfSpawning) {
  std::vector<AnyRef> spawned;
  for (int i = 0; i < 100; ++i) spawned.push_back(world->Spawn<zoo::Dog>());
  EXPECT_EQ(world->All(), spawned);
  EXPECT_EQ(world->size(), 100u);
  EXPECT_TRUE(spawned[50].Stop().Get().ok());
  spawned.erase(spawned.begin() + 50);
  EXPECT_EQ(world->All(), spawned);
  for (const AnyRef& ref : spawned) EXPECT_EQ(*world->Find(ref.urn()), ref);
}

TEST_F(RegistryTest, AnActorIsFoundByItsUrnUntilItEndsWhoeverComesAndGoes) {
  const auto is_found = [this](const AnyRef& ref) {
    const absl::StatusOr<AnyRef> found = world->Find(ref.urn());
    return found.ok() && *found == ref;
  };
  RandomSource random(7);
  std::vector<AnyRef> live;
  std::vector<AnyRef> gone;
  for (int step = 0; step < 3000; ++step) {
    const uint64_t choice = random.NextBelow(8);
    if (live.empty() || choice < 4) {
      live.push_back(world->Spawn<zoo::Dog>());
    } else if (choice < 7) {
      const auto one = live.begin() + static_cast<int64_t>(random.NextBelow(live.size()));
      EXPECT_TRUE(one->Stop().Get().ok());
      gone.push_back(*one);
      live.erase(one);
    } else {
      // Now and then: those of the steps in between are not looked up before they end.
      for (const AnyRef& ref : live) ASSERT_TRUE(is_found(ref)) << step;
    }
  }
  EXPECT_EQ(world->All(), live);
  EXPECT_EQ(world->size(), live.size());
  for (const AnyRef& ref : live) EXPECT_TRUE(is_found(ref));
  for (const AnyRef& ref : gone) EXPECT_FALSE(is_found(ref));
}

TEST_F(RegistryTest, FindAllKnowsSubclassesAndInterfaces) {
  const auto dog = world->Spawn<zoo::Dog>();
  const auto puppy = world->Spawn<zoo::Puppy>();
  const auto parrot = world->Spawn<aviary::Parrot>();
  EXPECT_THAT(world->FindAll<zoo::Puppy>(), ElementsAre(puppy));
  EXPECT_THAT(world->FindAll<zoo::Dog>(), ElementsAre(dog, puppy));
  EXPECT_THAT(world->FindAll<zoo::LoudSpeaker>(), ElementsAre(dog, puppy));
  EXPECT_THAT(world->FindAll<zoo::Speaker>(), ElementsAre(dog, puppy, parrot));
  EXPECT_THAT(world->FindAll<aviary::Dog>(), IsEmpty());
  std::vector<std::string> said;
  for (const Ref<zoo::Speaker>& speaker : world->FindAll<zoo::Speaker>()) {
    said.push_back(*speaker->Speak().Get());
  }
  EXPECT_THAT(said, ElementsAre("woof", "wiff", "woof, too"));
}

TEST_F(RegistryTest, FindByClassNameTakesShortAndQualifiedNames) {
  const auto dog = world->Spawn<zoo::Dog>();
  const auto puppy = world->Spawn<zoo::Puppy>();
  const auto other_dog = world->Spawn<aviary::Dog>();
  EXPECT_THAT(world->FindByClassName("Dog"), ElementsAre(AnyRef(dog), AnyRef(other_dog)));
  EXPECT_THAT(world->FindByClassName("zoo::Dog"), ElementsAre(AnyRef(dog)));
  EXPECT_THAT(world->FindByClassName("aviary::Dog"), ElementsAre(AnyRef(other_dog)));
  EXPECT_THAT(world->FindByClassName("zoo::Puppy"), ElementsAre(AnyRef(puppy)));
  EXPECT_THAT(world->FindByClassName("og"), IsEmpty());
  EXPECT_THAT(world->FindByClassName(""), IsEmpty());
}

TEST_F(RegistryTest, FindByNameSaysWhatIsWrong) {
  const auto dog = world->Spawn<zoo::Dog>(SpawnOptions{.name = "rex"});
  EXPECT_EQ(*world->Find("rex"), dog);
  EXPECT_EQ(*world->Find<zoo::Dog>("rex"), dog);
  EXPECT_EQ(*(*world->Find<zoo::Speaker>("rex"))->Speak().Get(), "woof");
  EXPECT_EQ(world->Find<zoo::Puppy>("rex").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(world->Find<zoo::Dog>("max").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(world->Find("max").status().message(), "an actor named \"max\" not found");
  EXPECT_EQ(world->Find(Urn(1, 2)).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryTest, NamesAreGivenTakenAndGivenBack) {
  const auto dog = world->Spawn<zoo::Dog>();
  const auto puppy = world->Spawn<zoo::Puppy>();
  EXPECT_TRUE(world->Register("rex", dog).ok());
  EXPECT_TRUE(world->Register("rex", dog).ok()) << "again, the same";
  EXPECT_EQ(world->Register("rex", puppy).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(world->Register("max", dog).ok());
  EXPECT_EQ(*world->Find("rex"), *world->Find("max"));
  world->Unregister("rex");
  world->Unregister("rex");
  world->Unregister("never registered");
  EXPECT_FALSE(world->Find("rex").ok());
  EXPECT_TRUE(world->Register("rex", puppy).ok());
  EXPECT_EQ(*world->Find("max"), dog);
}

TEST_F(RegistryTest, NamesEndWithTheirActor) {
  const auto dog = world->Spawn<zoo::Dog>(SpawnOptions{.name = "rex"});
  EXPECT_TRUE(world->Register("max", dog).ok());
  EXPECT_TRUE(dog.Stop().Get().ok());
  EXPECT_FALSE(world->Find("rex").ok());
  EXPECT_FALSE(world->Find("max").ok());
  EXPECT_EQ(world->Register("rex", dog).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(world->Register("rex", AnyRef()).code(), absl::StatusCode::kNotFound);
  const auto next = world->Spawn<zoo::Dog>(SpawnOptions{.name = "rex"});
  EXPECT_EQ(*world->Find("rex"), next);
  world.Run();
  EXPECT_TRUE(dog.recipient()->HasOneOwner()) << "the registry keeps nothing of it";
}

TEST_F(RegistryTest, NamesAreFoundInTheirOrder) {
  const auto dog = world->Spawn<zoo::Dog>(SpawnOptions{.name = "max"});
  const auto puppy = world->Spawn<zoo::Puppy>(SpawnOptions{.name = "maxi"});
  for (const std::string name : {"rex", "ma", ""}) EXPECT_TRUE(world->Register(name, dog).ok());
  const auto find = [this](const std::string& prefix, const std::string& from, size_t limit) {
    std::vector<std::string> names;
    for (const auto& [name, ref] : world->FindNamed(prefix, from, limit)) {
      EXPECT_EQ(ref, *world->Find(name));
      names.push_back(name);
    }
    return names;
  };
  EXPECT_THAT(find("", "", 9), ElementsAre("", "ma", "max", "maxi", "rex"));
  EXPECT_THAT(find("", "", 2), ElementsAre("", "ma"));
  EXPECT_THAT(find("", "max", 9), ElementsAre("max", "maxi", "rex"));
  EXPECT_THAT(find("", "maxa", 1), ElementsAre("maxi"));
  EXPECT_THAT(find("max", "", 9), ElementsAre("max", "maxi"));
  EXPECT_THAT(find("max", "maxi", 9), ElementsAre("maxi"));
  EXPECT_THAT(find("max", "a", 9), ElementsAre("max", "maxi"));
  EXPECT_THAT(find("max", "rex", 9), IsEmpty());
  EXPECT_THAT(find("z", "", 9), IsEmpty());
  EXPECT_THAT(find("", "", 0), IsEmpty());
  world->Unregister("ma");
  EXPECT_TRUE(puppy.Stop().Get().ok());
  EXPECT_THAT(find("", "a", 9), ElementsAre("max", "rex"));
}

TEST_F(RegistryTest, BroadcastReachesAllOrThoseOfAClass) {
  const auto dog = world->Spawn<zoo::Dog>();
  const auto puppy = world->Spawn<zoo::Puppy>();
  const auto full = world->Spawn<zoo::Dog>(SpawnOptions{.mailbox_capacity = 1});
  EXPECT_EQ(world->Broadcast<zoo::Puppy>(Value("p")), 1u);
  EXPECT_EQ(world->Broadcast(Value("all")), 3u);
  EXPECT_EQ(world->Broadcast(Value("all")), 2u) << "one mailbox is full";
  EXPECT_EQ(world->Broadcast<aviary::Parrot>(Value("nobody")), 0u);
  world.Run();
  EXPECT_EQ(*dog->received().Get(), 2);
  EXPECT_EQ(*puppy->received().Get(), 3);
  EXPECT_EQ(*full->received().Get(), 1);
}

TEST(RegistryThreadTest, ANameNeverOutlivesItsActor) {
  ActorSystem system({.threads = 2});
  for (int i = 0; i < 500; ++i) {
    const auto dog = system.Spawn<zoo::Dog>();
    std::thread registrar([&system, &dog] {
      const absl::Status status = system.Register("rex", dog);
      EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kNotFound) << status;
    });
    EXPECT_TRUE(dog.Stop().Get().ok());
    registrar.join();
    ASSERT_FALSE(system.Find("rex").ok()) << i;
  }
}

TEST(RegistryThreadTest, LookUpsWhileActorsComeAndGoGiveUsableReferences) {
  ActorSystem system({.threads = 2});
  std::atomic<bool> done{false};
  std::vector<std::thread> lookers;
  for (int i = 0; i < 2; ++i) {
    lookers.emplace_back([&] {
      while (!done.load()) {
        for (const AnyRef& ref : system.All()) EXPECT_EQ(ref.class_name(), "Puppy");
        for (const auto& dog : system.FindAll<zoo::Dog>()) (void)dog.Tell("x");
        (void)system.Find("rex");
        (void)system.Broadcast(Value("y"));
      }
    });
  }
  for (int i = 0; i < 1000; ++i) {
    const auto puppy = system.Spawn<zoo::Puppy>(SpawnOptions{.name = "rex"});
    EXPECT_TRUE(puppy->Speak().Get().ok());
    EXPECT_TRUE(puppy.Stop().Get().ok());
  }
  done.store(true);
  for (std::thread& looker : lookers) looker.join();
}

}  // namespace
}  // namespace testing
}  // namespace troupe
