# What the two processes of remote.cc say to each other.
@0xd1c4a8f2b7e36951;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::bench::echo");

interface Echo {
  ask @0 (text :Data) -> (text :Data);
  # The same text.

  tell @1 (text :Data) -> stream;
  # Counted. Cap'n Proto limits by itself how much of it is under way.

  take @2 () -> (messages :Int64, bytes :Int64);
  # What was told since the last time.

  another @3 () -> (echo :Echo);
}
