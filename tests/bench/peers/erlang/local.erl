#!/usr/bin/env escript
%%! +P 2097152
%% What Erlang/OTP (erlang-nox) reaches with the work of tests/bench/local.cc.
%%
%%   local.erl ROW [SCALE]
%%
%% Compiled; the emulator's flags are its defaults, but for the limit of processes. As the
%% Efficiency Guide advises, a process that waits for an answer knows it by a reference that it
%% made just before. (message_queue_data = off_heap made no difference to the consumers.)
%% Erlang code runs in processes only, so that ask_1 and ask_1000 are a process that asks, not a
%% plain thread. Where many numbers go to one consumer, producers wait for an answer now and then,
%% so that no more than 4,096 are under way (1,024 in `bounded`; mailboxes have no bound): that is
%% half as fast again as not to wait.
-module(local).
-mode(compile).
-export([main/1]).

main([Row]) -> main([Row, "1"]);
main([Row, Scale]) -> run(Row, number(Scale));
main(_) -> fail("usage: local.erl ROW [SCALE]", []).

run("ping_pong", S) -> figure("ping_pong", ring(2, 2 * scaled(2000000, S)) / 2);
run("one_to_one", S) -> figure("one_to_one", many_to_one(1, 4096, scaled(10000000, S)));
run("four_to_one", S) -> figure("four_to_one", many_to_one(4, 4096, scaled(10000000, S)));
run("bounded", S) -> figure("bounded", many_to_one(8, 1024, scaled(2000000, S)));
run("ring", S) -> figure("ring", ring(503, scaled(5000000, S)));
run("spawn", S) -> spawn_row(scaled(1000000, S));
run("fork_join", S) -> figure("fork_join", fork_join(levels(scaled(1 bsl 20, S))));
run("actor_ask", S) -> figure("actor_ask", ask_row(1, scaled(2000000, S)));
run("ask_1", S) -> figure("ask_1", ask_row(1, scaled(100000, S)));
run("ask_1000", S) -> figure("ask_1000", ask_row(1000, scaled(2000000, S)));
run("blocking_chain", S) -> figure("blocking_chain", blocking_chain(scaled(2000, S)));
run(Row, _) -> fail("no row ~s", [Row]).

%% A number goes round until it is zero; in a ring of two, that is ping-pong.

ring(Size, Messages) ->
    Main = self(),
    First = spawn(fun() -> receive {next, Next} -> node_loop(Next, Main) end end),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> node_loop(Next, Main) end) end,
                       First, lists:seq(2, Size)),
    First ! {next, Last},
    Start = now_ns(),
    First ! Messages,
    expect(receive Left -> Left end, 0, "messages left"),
    per_second(Messages, Start).

node_loop(Next, Main) ->
    receive
        0 -> Main ! 0, node_loop(Next, Main);
        Left -> Next ! Left - 1, node_loop(Next, Main)
    end.

%% Producers send the numbers from Each to 1, one a message, with at most Bound under way; the
%% consumer sums them up.

many_to_one(Producers, Bound, Numbers) ->
    Each = Numbers div Producers,
    Main = self(),
    Consumer = spawn(fun() -> consume(Each * Producers, 0, Main) end),
    Start = now_ns(),
    Window = Bound div Producers,
    [spawn(fun() -> produce(Consumer, Window, Each) end) || _ <- lists:seq(1, Producers)],
    expect(receive Sum -> Sum end, Producers * Each * (Each + 1) div 2, "sum"),
    per_second(Each * Producers, Start).

consume(0, Sum, Main) -> Main ! Sum;
consume(Left, Sum, Main) ->
    receive
        N when is_integer(N) -> consume(Left - 1, Sum + N, Main);
        {From, Ref, N} -> From ! {Ref, ok}, consume(Left - 1, Sum + N, Main)
    end.

produce(_, _, 0) -> ok;
produce(Consumer, Window, N) when N rem Window =:= 0; N =:= 1 ->
    ask(Consumer, N),
    produce(Consumer, Window, N - 1);
produce(Consumer, Window, N) -> Consumer ! N, produce(Consumer, Window, N - 1).

%% Each process gets one message and reports; the time runs until the last report.

spawn_row(Processes) ->
    Main = self(),
    Consumer = spawn(fun() -> consume(Processes, 0, Main) end),
    Before = resident_bytes(),
    Start = now_ns(),
    Pids = spawn_counters(Processes, Consumer, []),
    expect(receive Sum -> Sum end, Processes, "messages"),
    PerSecond = per_second(Processes, Start),
    erlang:garbage_collect(),
    Bytes = resident_bytes() - Before,
    expect(length(Pids), Processes, "processes"),
    figure("spawn", PerSecond),
    print("spawn_bytes", Bytes / Processes, "bytes").

spawn_counters(0, _, Pids) -> Pids;
spawn_counters(N, Consumer, Pids) ->
    Pid = spawn(fun() -> counter(Consumer) end),
    Pid ! hit,
    spawn_counters(N - 1, Consumer, [Pid | Pids]).

counter(Consumer) -> receive hit -> Consumer ! 1, counter(Consumer) end.

resident_bytes() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:lexemes(Text, " "),
    binary_to_integer(Pages) * 4096.

%% Each process spawns two like itself, sums what they count, tells its parent, ends.

fork_join(Levels) ->
    Main = self(),
    Start = now_ns(),
    spawn(fun() -> branch(Main, Levels) end),
    Processes = (1 bsl Levels) - 1,
    expect(receive Count -> Count end, Processes, "processes"),
    per_second(Processes, Start).

branch(Parent, 1) -> Parent ! 1;
branch(Parent, Levels) ->
    Self = self(),
    spawn(fun() -> branch(Self, Levels - 1) end),
    spawn(fun() -> branch(Self, Levels - 1) end),
    receive Left -> receive Right -> Parent ! Left + Right + 1 end end.

%% The most levels of a tree that has no more than Processes.
levels(Processes) -> levels(Processes, 1).
levels(Processes, N) when 1 bsl (N + 1) =< Processes -> levels(Processes, N + 1);
levels(_, N) -> N.

%% A process asks another one, Outstanding questions at a time.

ask_row(Outstanding, Calls) ->
    Adder = spawn(fun adder/0),
    Main = self(),
    Start = now_ns(),
    spawn(fun() ->
        case Outstanding of
            1 -> Main ! ask_each(Adder, Calls, 0);
            _ ->
                First = min(Outstanding, Calls),
                [send_question(Adder, N) || N <- lists:seq(Calls - First + 1, Calls)],
                Main ! ask_many(Adder, Calls - First, First, 0)
        end
    end),
    expect(receive Sum -> Sum end, Calls * (Calls + 1) div 2, "sum of the answers"),
    per_second(Calls, Start).

adder() -> receive {From, Ref, N} -> From ! {Ref, N + 1}, adder() end.

ask(Pid, N) ->
    Ref = make_ref(),
    Pid ! {self(), Ref, N},
    receive {Ref, Answer} -> Answer end.

ask_each(_, 0, Sum) -> Sum;
ask_each(Adder, N, Sum) -> ask_each(Adder, N - 1, Sum + ask(Adder, N) - 1).

send_question(Pid, N) -> Pid ! {self(), make_ref(), N}.

%% Unsent numbers, and Open questions.
ask_many(_, 0, 0, Sum) -> Sum;
ask_many(Adder, Unsent, Open, Sum) ->
    receive {_Ref, Answer} when Unsent > 0 ->
                send_question(Adder, Unsent),
                ask_many(Adder, Unsent - 1, Open, Sum + Answer - 1);
            {_Ref, Answer} -> ask_many(Adder, 0, Open - 1, Sum + Answer - 1)
    end.

%% 64 processes in a row, each asks the next and waits.

blocking_chain(Chains) ->
    Size = 64,
    First = lists:foldl(fun(_, Next) -> spawn(fun() -> relay(Next) end) end,
                        none, lists:seq(1, Size)),
    expect(ask(First, 0), Size, "relays"),
    Start = now_ns(),
    [expect(ask(First, N), N + Size, "relays") || N <- lists:seq(1, Chains)],
    per_second(Chains * Size, Start).

relay(none) -> receive {From, Ref, N} -> From ! {Ref, N + 1}, relay(none) end;
relay(Next) -> receive {From, Ref, N} -> From ! {Ref, ask(Next, N + 1)}, relay(Next) end.

%% What all rows use.

now_ns() -> erlang:monotonic_time(nanosecond).
per_second(Work, Start) -> Work * 1.0e9 / (now_ns() - Start).

scaled(Full, Scale) -> max(1, trunc(Full * Scale)).

number(Text) ->
    case string:to_float(Text) of
        {error, no_float} -> float(list_to_integer(Text));
        {Number, ""} -> Number
    end.

figure(Name, PerSecond) -> print(Name, PerSecond, "/s").
print(Name, Value, Unit) -> io:format("~s ~.1f ~s~n", [Name, Value, Unit]).

expect(Value, Value, _) -> ok;
expect(Value, Expected, What) -> fail("~s: ~p instead of ~p", [What, Value, Expected]).

fail(Format, Arguments) ->
    io:format(standard_error, Format ++ "~n", Arguments),
    halt(1).
