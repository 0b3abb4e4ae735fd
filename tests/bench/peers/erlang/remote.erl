#!/usr/bin/env escript
%%! -start_epmd false -epmd_module remote -setcookie troupe_bench -connect_all false +zdbbl 16384
%% The remote rows in Erlang/OTP: processes of two nodes over Erlang's distribution (TCP, loopback).
%%
%%   remote.erl ROW [SCALE]
%%
%% Plain sends between processes, without gen_server and monitors, which cost more. The distribution
%% buffer (+zdbbl) is larger than usual, as the manual advises for throughput; a sender is suspended
%% while it is full, so that the one-way rows need no windows. The nodes tell each other their ports
%% instead of asking epmd (the alternative discovery of the ERTS manual), so that no daemon is left
%% behind; the connect row has no look-up for that reason. The nodes keep no global names either
%% (-connect_all), whose own talk would cross the connections of that row. The other node ends with
%% this one, in every case. Left out: the idle and the busy-polling rows, which are about Troupe's
%% own options.
-module(remote).
-mode(compile).
-export([main/1, time_is_up/0, host/0, spawn_echoes/1, cpu_seconds/0]).
-export([start_link/0, register_node/3, address_please/3, port_please/2, listen_port_please/2,
         names/1]).

-define(ROW_SECONDS, 300).

main([Row]) ->
    main([Row, "1"]);
main([Row, ScaleText]) ->
    {Scale, _} = string:to_float(ScaleText ++ ".0"),
    Run = row(Row, Scale),
    ok = logger:set_primary_config(level, none),  % what fails ends in a message of ours
    {ok, _} = timer:apply_after(?ROW_SECONDS * 1000, remote, time_is_up, []),
    try
        start_host(),
        [io:format("~s ~.2f ~s~n", [Name, Value * 1.0, Unit]) || {Name, Value, Unit} <- Run()]
    catch
        Class:Reason:Stack ->
            io:format(standard_error, "~p ~p~n~p~n", [Class, Reason, Stack]),
            halt(1)
    end;
main(_) ->
    usage("").

time_is_up() ->
    io:format(standard_error, "the benchmark did not end in time~n", []),
    halt(1, [{flush, false}]).

usage(Row) ->
    io:format(standard_error, "usage: remote.erl ROW [SCALE]; no such row: ~s~n", [Row]),
    halt(2).

row("ask", Scale) -> fun() -> ask(scaled(20_000, Scale)) end;
row("asks_16", Scale) -> fun() -> asks("asks_16", 16, 1, scaled(200_000, Scale)) end;
row("asks_256", Scale) -> fun() -> asks("asks_256", 256, 1, scaled(400_000, Scale)) end;
row("asks_4096", Scale) -> fun() -> asks("asks_4096", 4096, 1, scaled(400_000, Scale)) end;
row("many_to_many", Scale) ->
    fun() -> asks("many_to_many", 1000, 1000, scaled(400_000, Scale)) end;
row("one_way_64", Scale) -> fun() -> one_way(scaled(1_000_000, Scale)) end;
row("bytes_1k", Scale) -> fun() -> bytes("bytes_1k", 1 bsl 10, scaled(256 bsl 10, Scale)) end;
row("bytes_64k", Scale) -> fun() -> bytes("bytes_64k", 64 bsl 10, scaled(8 bsl 10, Scale)) end;
row("bytes_1m", Scale) -> fun() -> bytes("bytes_1m", 1 bsl 20, scaled(512, Scale)) end;
row("connect", Scale) -> fun() -> connect(scaled(50, Scale)) end;
row(Row, _) -> usage(Row).

scaled(Full, Scale) -> max(1, trunc(Full * Scale)).

%% The other node.

%% Starts it with the code of this script, and makes both of them nodes that know each other.
start_host() ->
    {ok, Sections} = escript:extract(escript:script_name(), [compile_source]),
    {source, Beam} = lists:keyfind(source, 1, Sections),
    {ok, Peer, _} = peer:start_link(#{
        connection => standard_io,
        args => ["-start_epmd", "false", "-epmd_module", "remote", "-setcookie", "troupe_bench",
                 "-connect_all", "false", "-kernel", "dist_auto_connect", "never",
                 "+zdbbl", "16384"]}),
    {module, remote} = peer:call(Peer, code, load_binary, [remote, "remote.erl", Beam]),
    {Host, Port} = peer:call(Peer, remote, host, []),
    persistent_term:put({port, "troupe_host"}, Port),
    ok = start_caller(0, 1),
    true = net_kernel:connect_node(Host).

host() ->
    {ok, _} = net_kernel:start([troupe_host@localhost, shortnames]),
    register(echo, spawn(fun() -> echo(0, 0) end)),
    {node(), persistent_term:get({port, "troupe_host"})}.

%% In place of epmd: the port that a node listens at is told, see start_host.
start_link() -> ignore.
register_node(Name, Port, _Family) ->
    persistent_term:put({port, atom_to_list(Name)}, Port),
    {ok, 1}.
address_please(_Name, _Host, _Family) -> {ok, {127, 0, 0, 1}}.
port_please(Name, _Address) -> {port, persistent_term:get({port, Name}), 6}.
listen_port_please(_Name, _Host) -> {ok, 0}.
names(_Host) -> {error, address}.

%% Answers what it is asked, and counts what it is told.
echo(Messages, Bytes) ->
    receive
        {ask, From, Text} ->
            From ! {answer, Text},
            echo(Messages, Bytes);
        {tell, Text} ->
            echo(Messages + 1, Bytes + byte_size(Text));
        {take, From} ->
            From ! {taken, Messages, Bytes},
            echo(0, 0)
    end.

spawn_echoes(Count) -> [spawn(fun() -> echo(0, 0) end) || _ <- lists:seq(1, Count)].

echoes(Count) -> erpc:call(troupe_host@localhost, remote, spawn_echoes, [Count]).

%% The rows. Each gives its figures.

text() -> binary:copy(<<"x">>, 64).

%% How many of the answers were right.
ask_all(_, _, 0, Right) ->
    Right;
ask_all(Echo, Text, Left, Right) ->
    Echo ! {ask, self(), Text},
    receive
        {answer, Text} -> ask_all(Echo, Text, Left - 1, Right + 1);
        {answer, _} -> ask_all(Echo, Text, Left - 1, Right)
    end.

ask(Rounds) ->
    [Echo] = echoes(1),
    Text = text(),
    1 = ask_all(Echo, Text, 1, 0),
    Nanos = [begin
                 Start = erlang:monotonic_time(nanosecond),
                 1 = ask_all(Echo, Text, 1, 0),
                 erlang:monotonic_time(nanosecond) - Start
             end || _ <- lists:seq(1, Rounds)],
    [{"ask_p50", share(Nanos, 0.5), "us"},
     {"ask_p99", share(Nanos, 0.99), "us"},
     {"ask_p999", share(Nanos, 0.999), "us"}].

%% Microseconds.
share(Nanos, Share) ->
    Place = min(length(Nanos), trunc(length(Nanos) * Share) + 1),
    lists:nth(Place, lists:sort(Nanos)) / 1000.

%% As many processes ask one question at a time.
asks(Name, Askers, Echoes, Total) ->
    Targets = lists:append(lists:duplicate(Askers div Echoes, echoes(Echoes))),
    Each = max(1, Total div Askers),
    Text = text(),
    Self = self(),
    work(Name, Askers * Each, fun() ->
        Pids = [spawn_link(fun() -> Self ! {self(), ask_all(Echo, Text, Each, 0)} end)
                || Echo <- Targets],
        Right = lists:sum([receive {Pid, Count} -> Count end || Pid <- Pids]),
        Right = Askers * Each
    end).

tell(Size, Messages) ->
    [Echo] = echoes(1),
    Text = binary:copy(<<"x">>, Size),
    tell_all(Echo, Text, Messages),
    Echo ! {take, self()},
    Bytes = Messages * Size,
    receive {taken, Messages, Bytes} -> ok end.

tell_all(_, _, 0) ->
    ok;
tell_all(Echo, Text, Left) ->
    Echo ! {tell, Text},
    tell_all(Echo, Text, Left - 1).

one_way(Messages) -> work("one_way_64", Messages, fun() -> tell(64, Messages) end).

bytes(Name, Size, Messages) ->
    Start = erlang:monotonic_time(nanosecond),
    ok = tell(Size, Messages),
    Seconds = (erlang:monotonic_time(nanosecond) - Start) / 1.0e9,
    [{Name, Size * Messages / 1.0e6 / Seconds, "MB/s"}].

%% A node of another name for each round: the end of an old connection may cross a new one between
%% the same nodes, and messages are lost.
connect(Rounds) ->
    Nanos = [begin
                 ok = net_kernel:stop(),
                 ok = start_caller(Round, 10),
                 Start = erlang:monotonic_time(nanosecond),
                 1 = ask_all({echo, troupe_host@localhost}, text(), 1, 0),
                 erlang:monotonic_time(nanosecond) - Start
             end || Round <- lists:seq(1, Rounds)],
    [{"connect", share(Nanos, 0.5), "us"}].

%% Fails now and then while the distribution that was stopped is still about to end.
start_caller(Round, Attempts) when Attempts > 0 ->
    Name = list_to_atom("troupe_caller_" ++ integer_to_list(Round) ++ "@localhost"),
    case net_kernel:start([Name, shortnames]) of
        {ok, _} -> ok;
        {error, _} -> start_caller(Round, Attempts - 1)
    end.

%% Messages a second, and the processor time that each takes on both sides.
work(Name, Messages, Do) ->
    Host = troupe_host@localhost,
    Caller0 = cpu_seconds(),
    Host0 = erpc:call(Host, remote, cpu_seconds, []),
    Start = erlang:monotonic_time(nanosecond),
    Do(),
    Seconds = (erlang:monotonic_time(nanosecond) - Start) / 1.0e9,
    Caller = cpu_seconds() - Caller0,
    HostSeconds = erpc:call(Host, remote, cpu_seconds, []) - Host0,
    [{Name, Messages / Seconds, "/s"},
     {Name ++ "_cpu_caller", Caller * 1.0e9 / Messages, "ns"},
     {Name ++ "_cpu_host", HostSeconds * 1.0e9 / Messages, "ns"}].

%% statistics(runtime) leaves out what the kernel does for this process.
cpu_seconds() ->
    {ok, Stat} = file:read_file("/proc/self/stat"),
    [_, Fields] = string:split(Stat, ") ", trailing),
    [User, System] = lists:sublist(string:lexemes(Fields, " "), 12, 2),
    (binary_to_integer(User) + binary_to_integer(System)) / 100.
