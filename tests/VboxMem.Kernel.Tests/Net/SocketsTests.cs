// Goal: datagrams arrive in order, wake who waits, and stop who sends too many; sockets and what waits in them are kernel memory that
// is given back; a client's response time is counted from when it asked.
// Method: processes of a small machine that are asked for system calls; the full audit counts every object from its owners.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Net;

public sealed class SocketsTests
{
    private const string Name = "/run/test";

    [Fact]
    public void Datagrams_arrive_in_the_order_sent_with_the_words_they_carry()
    {
        using var machine = AMachine.Booted();
        var (receiver, sender) = (AProcess.On(machine), AProcess.On(machine));
        var socket = (ulong)receiver.Ask(new Request(RequestKind.Bind, Path: Name));

        Assert.Equal(100, sender.Ask(new Request(RequestKind.SendTo, A: 7, B: 100, Path: Name)));
        Assert.Equal(5000, sender.Ask(new Request(RequestKind.SendTo, A: 8, B: 5000, Path: Name)));
        Audit.Check(machine);

        Assert.Equal(1, receiver.Ask(new Request(RequestKind.Poll, socket)));
        Assert.Equal(7, receiver.Ask(new Request(RequestKind.ReceiveFrom, socket)));
        Assert.Equal(8, receiver.Ask(new Request(RequestKind.ReceiveFrom, socket)));
        Assert.Equal(-(long)SystemCallError.Again, receiver.Ask(new Request(RequestKind.ReceiveFrom, socket)));
        Assert.Equal((5100UL, 5100UL), (receiver.Task.ReadCharacters, sender.Task.WrittenCharacters));
        Audit.Check(machine);
    }

    [Fact]
    public void A_full_queue_stops_the_sender_until_something_is_received()
    {
        using var machine = AMachine.Booted();
        var (receiver, sender) = (AProcess.On(machine), AProcess.On(machine));
        var socket = (ulong)receiver.Ask(new Request(RequestKind.Bind, Path: Name));
        for (var sent = 0; sent < 11; sent++)   // max_dgram_qlen and one more
        {
            sender.Ask(new Request(RequestKind.SendTo, A: (ulong)sent, B: 10, Path: Name));
        }

        sender.AskWithoutWaiting(new Request(RequestKind.SendTo, A: 11, B: 10, Path: Name));
        machine.RunUntil(machine.Now.Plus(SimTime.FromSeconds(1)));
        Assert.Equal((TaskState.Sleeping, WaitKind.SocketRoom), (sender.Task.State, sender.Task.Wait.Kind));

        Assert.Equal(0, receiver.Ask(new Request(RequestKind.ReceiveFrom, socket)));
        machine.RunUntil(machine.Now.Plus(SimTime.FromSeconds(1)));
        Assert.Equal(RequestKind.Pause, sender.Task.Request.Kind);
        for (var word = 1; word < 12; word++)
        {
            Assert.Equal(word, receiver.Ask(new Request(RequestKind.ReceiveFrom, socket)));
        }
    }

    [Fact]
    public void Poll_ends_at_a_datagram_at_its_moment_or_never()
    {
        using var machine = AMachine.Booted();
        var (receiver, sender) = (AProcess.On(machine), AProcess.On(machine));
        var socket = (ulong)receiver.Ask(new Request(RequestKind.Bind, Path: Name));
        var end = machine.Now.Plus(SimTime.FromSeconds(3));
        Assert.Equal(0, receiver.Ask(new Request(RequestKind.Poll, socket, end.Nanoseconds)));
        Assert.InRange(machine.Now.Nanoseconds, end.Nanoseconds, end.Plus(SimTime.FromMilliseconds(1)).Nanoseconds);

        receiver.AskWithoutWaiting(new Request(RequestKind.Poll, socket));
        machine.RunUntil(machine.Now.Plus(SimTime.FromSeconds(100)));
        Assert.Equal(WaitKind.SocketInput, receiver.Task.Wait.Kind);
        sender.Ask(new Request(RequestKind.SendTo, A: 1, B: 10, Path: Name));
        machine.RunUntil(machine.Now.Plus(SimTime.FromMilliseconds(1)));
        Assert.Equal(RequestKind.Pause, receiver.Task.Request.Kind);
    }

    [Fact]
    public void A_name_is_bound_once_and_free_again_when_its_owner_has_died()
    {
        using var machine = AMachine.Booted();
        var (receiver, sender) = (AProcess.On(machine), AProcess.On(machine));
        Assert.Equal(-(long)SystemCallError.ConnectionRefused, sender.Ask(new Request(RequestKind.SendTo, A: 1, B: 10, Path: Name)));
        Assert.True(receiver.Ask(new Request(RequestKind.Bind, Path: Name)) >= 0);
        Assert.Equal(-(long)SystemCallError.AddressInUse, sender.Ask(new Request(RequestKind.Bind, Path: Name)));
        sender.Ask(new Request(RequestKind.SendTo, A: 1, B: 10, Path: Name));
        receiver.Exit();
        Audit.Check(machine);
        Assert.Equal((0, 0), machine.Sockets.Count());
        Assert.True(sender.Ask(new Request(RequestKind.Bind, Path: Name)) >= 0);
    }

    [Fact]
    public void What_is_injected_from_outside_is_received_like_any_datagram()
    {
        using var machine = AMachine.Booted();
        var receiver = AProcess.On(machine);
        Assert.False(machine.Sockets.TryInject(Name, 5, 256));
        var socket = (ulong)receiver.Ask(new Request(RequestKind.Bind, Path: Name));
        Assert.True(machine.Sockets.TryInject(Name, 5, 256));
        Audit.Check(machine);
        Assert.Equal(5, receiver.Ask(new Request(RequestKind.ReceiveFrom, socket)));
        for (var order = 0; order < 11; order++)
        {
            Assert.True(machine.Sockets.TryInject(Name, 5, 256));
        }

        Assert.False(machine.Sockets.TryInject(Name, 5, 256));
    }

    [Fact]
    public void A_connection_is_kernel_memory_until_it_is_closed()
    {
        using var machine = AMachine.Booted();
        var server = AProcess.On(machine);
        var before = machine.Slabs["TCP"].ObjectCount;
        var connections = Enumerable.Range(0, 100).Select(_ => (ulong)server.Ask(new Request(RequestKind.Accept))).ToArray();
        Assert.Equal((0, 100), machine.Sockets.Count());
        Assert.True(machine.Slabs["TCP"].ObjectCount >= before + 100);
        Audit.Check(machine);
        foreach (var connection in connections)
        {
            Assert.Equal(0, server.Ask(new Request(RequestKind.Close, connection)));
        }

        Assert.Equal((0, 0), machine.Sockets.Count());
        Audit.Check(machine);
    }

    [Fact]
    public void A_file_is_sent_through_the_page_cache_without_a_buffer()
    {
        using var machine = AMachine.Booted();
        var server = AProcess.On(machine);
        var file = (ulong)server.Ask(new Request(RequestKind.Open, (ulong)OpenFlags.Create, 300_000, Path: "/tmp/page"));
        var connection = (ulong)server.Ask(new Request(RequestKind.Accept));
        Assert.Equal(-(long)SystemCallError.NotSocket, server.Ask(new Request(RequestKind.SendFile, file, 300_000, file)));
        Assert.Equal(300_000, server.Ask(new Request(RequestKind.SendFile, file, 500_000, connection)));
        Assert.Equal(0, server.Ask(new Request(RequestKind.SendFile, file, 500_000, connection)));
        Assert.Equal(-(long)SystemCallError.Invalid, server.Ask(new Request(RequestKind.Seek, connection)));
    }

    [Fact]
    public void A_response_is_timed_from_when_the_client_asked()
    {
        using var machine = AMachine.Booted();
        var server = AProcess.On(machine);
        var connection = (ulong)server.Ask(new Request(RequestKind.Accept));
        var asked = machine.Now;
        machine.RunUntil(asked.Plus(SimTime.FromMilliseconds(250)));
        Assert.Equal(1000, server.Ask(new Request(RequestKind.Respond, connection, 1000, asked.Nanoseconds, Path: "web")));
        Assert.True(machine.ServiceTimes.TryGet("web", out var times));
        Assert.Equal(1UL, times.Count);
        Assert.InRange(times.MaxNanoseconds, 250_000_000UL, 251_000_000UL);
    }

    [Fact]
    public void A_copy_has_queues_and_times_of_its_own()
    {
        using var machine = AMachine.Booted();
        var (receiver, sender) = (AProcess.On(machine), AProcess.On(machine));
        var socket = (ulong)receiver.Ask(new Request(RequestKind.Bind, Path: Name));
        sender.Ask(new Request(RequestKind.SendTo, A: 1, B: 10, Path: Name));
        var connection = (ulong)receiver.Ask(new Request(RequestKind.Accept));
        receiver.Ask(new Request(RequestKind.Respond, connection, 10, 0, Path: "web"));
        using var copy = machine.Clone();
        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());

        receiver.Ask(new Request(RequestKind.ReceiveFrom, socket));
        receiver.Ask(new Request(RequestKind.Respond, connection, 10, 0, Path: "web"));
        Audit.Check(copy);
        Assert.True(copy.ServiceTimes.TryGet("web", out var times));
        Assert.Equal(1UL, times.Count);
        Assert.True(copy.Sockets.TryInject(Name, 2, 10));
        Audit.Check(copy);
        Audit.Check(machine);
    }
}
