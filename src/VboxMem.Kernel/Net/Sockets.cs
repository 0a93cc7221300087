// Sockets: datagram sockets between programs of the box (AF_UNIX), and connections of clients outside it (TCP).
//
//   bind a name --> datagrams wait in its queue, each in kernel memory, until they are received --> the memory is freed
//   accept      --> an inode, a name, a protocol block; read and write copy through it --> close frees them
//
// Invariants
//   N1  A socket is in use exactly while an open file leads to it.
//   N2  At most QueueLimit + 1 datagrams wait in a queue; who sends more sleeps.
//
// Models   Linux 6.12 net/unix/af_unix.c: unix_dgram_sendmsg, unix_dgram_recvmsg; net/socket.c: sock_alloc_file; net.unix.max_dgram_qlen.
// Departs  no network device: what goes out through a connection is gone at once, and its buffers with it; dentry-state does not count
//          the names of sockets; a client outside asks when its program says so.

using System.Runtime.InteropServices;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Net;

public sealed class Sockets
{
    /// <summary>net.unix.max_dgram_qlen.</summary>
    private const int QueueLimit = 10;

    /// <summary>Data that fits into an object of skbuff_small_head beside what the kernel keeps there; more is kmalloc'ed.</summary>
    private const uint SmallHeadBytes = 640 - SharedInfoBytes;
    private const uint SharedInfoBytes = 320;
    private const uint MostDatagramBytes = 8192 - SharedInfoBytes;

    private const ulong CopyUnitBytes = 4096;

    private static readonly string[] _unixObjects = ["sock_inode_cache", "dentry", "UNIX"];
    private static readonly string[] _tcpObjects = ["sock_inode_cache", "dentry", "TCP"];

    private readonly Machine _machine;
    private readonly List<Socket> _sockets = [default];
    private readonly Dictionary<string, int> _bound = new(StringComparer.Ordinal);

    internal Sockets(Machine machine) => _machine = machine;

    private Sockets(Sockets other, Machine machine)
    {
        _machine = machine;
        _sockets.Clear();
        foreach (var socket in other._sockets)
        {
            _sockets.Add(socket with { Queue = socket.Queue is { } queue ? new Queue<Datagram>(queue) : null });
        }

        for (var id = 1; id < _sockets.Count; id++)
        {
            if (_sockets[id].Name is { } name)
            {
                _bound.Add(name, id);
            }
        }
    }

    private Span<Socket> All => CollectionsMarshal.AsSpan(_sockets);

    /// <summary>Sockets in use: those of each kind.</summary>
    public (int Datagram, int Stream) Count()
    {
        var (datagram, stream) = (0, 0);
        foreach (ref readonly var socket in All)
        {
            datagram += socket.IsUsed && socket.Queue is not null ? 1 : 0;
            stream += socket.IsUsed && socket.Queue is null ? 1 : 0;
        }

        return (datagram, stream);
    }

    /// <summary>Puts a datagram into a socket's queue from outside the box's programs: an order of whoever holds its controls.</summary>
    /// <returns>False when nobody listens under the name, the queue is full, or there is no memory.</returns>
    public bool TryInject(string name, ulong word, uint bytes) =>
        _bound.TryGetValue(name, out var id) && All[id].Queue!.Count <= QueueLimit && TryEnqueue(id, word, bytes, GfpFlags.Atomic);

    internal Sockets Clone(Machine machine) => new(this, machine);

    internal StepResult Step(Process task, out long answer)
    {
        ref readonly var request = ref task.RequestReference;
        switch (request.Kind)
        {
            case RequestKind.Poll:
                return Poll(task, request, out answer);
            case RequestKind.Bind:
                answer = _bound.ContainsKey(request.Path!)
                    ? SystemCalls.Answer(SystemCallError.AddressInUse)
                    : Open(task, _unixObjects, request.Path);
                return StepResult.Done;
            case RequestKind.Accept:
                answer = Open(task, _tcpObjects, name: null);
                return StepResult.Done;
            case RequestKind.SendTo:
                return SendTo(task, request, out answer);
            default:
                Invariant.Holds(request.Kind == RequestKind.ReceiveFrom);
                answer = ReceiveFrom(task, (int)request.A);
                return StepResult.Done;
        }
    }

    /// <summary>Reads from, or writes to, a connection: a copy between it and the program's buffer.</summary>
    internal StepResult Copy(Process task, ulong bytes, out long answer)
    {
        var pages = (bytes + CopyUnitBytes - 1) / CopyUnitBytes;
        _machine.Cpus.SpendInKernel((ulong)_machine.Costs.CopyPage * pages);
        answer = (long)bytes;
        if (task.Request.Kind == RequestKind.Read)
        {
            task.ReadCharacters += bytes;
        }
        else
        {
            task.WrittenCharacters += bytes;
        }

        return StepResult.Done;
    }

    /// <summary>The last descriptor of a socket was closed.</summary>
    internal void Release(int id)
    {
        ref var socket = ref All[id];
        var isBound = socket.Name is not null;
        if (isBound)
        {
            _bound.Remove(socket.Name!);
            while (socket.Queue!.TryDequeue(out var waiting))
            {
                Free(waiting);
            }

            _machine.Scheduler.WakeAll(WaitKind.SocketRoom, (ulong)id);
        }

        FreeObjects(socket.Objects, isBound ? _unixObjects : _tcpObjects);
        socket = default;
    }

    internal void AddClaims(OwnerClaims claims)
    {
        foreach (ref readonly var socket in All)
        {
            if (!socket.IsUsed)
            {
                continue;
            }

            foreach (var used in socket.Objects)
            {
                claims.ClaimObjects(used.Slab, 1);
            }

            foreach (var waiting in socket.Queue ?? [])
            {
                claims.ClaimObjects(waiting.Head.Slab, 1);
                claims.ClaimObjects(waiting.Data.Slab, 1);
            }
        }
    }

    internal void HashInto(StateHash hash)
    {
        foreach (ref readonly var socket in All)
        {
            hash.Add(socket.IsUsed);
            hash.Add(socket.Name ?? "");
            hash.Add<SlabObject>(socket.Objects ?? []);
            foreach (var waiting in socket.Queue ?? [])
            {
                hash.Add(waiting.Word);
                hash.Add(((ulong)waiting.Bytes << 32) | waiting.Head.Slab.Index);
                hash.Add((ulong)waiting.Data.Slab.Index);
            }
        }
    }

    private StepResult Poll(Process task, in Request request, out long answer)
    {
        answer = 0;
        var id = 0;
        if (request.A != Request.NoDescriptor)
        {
            id = SocketOf(task, (int)request.A);
            if (id == 0)
            {
                answer = SystemCalls.Answer(SystemCallError.BadDescriptor);
                return StepResult.Done;
            }

            if (All[id].Queue is { Count: > 0 })
            {
                answer = 1;
                return StepResult.Done;
            }
        }

        var end = new Time.SimTime(request.B);
        if (SignalDelivery.HasHandled(task) || (end != default && _machine.Cpus.Now >= end))
        {
            return StepResult.Done;
        }

        // Nobody but its own timer wakes one that waits for no socket: its key is a number that no socket has.
        var key = id != 0 ? (ulong)id : ulong.MaxValue - (ulong)task.Pid;
        _machine.Scheduler.Sleep(task, new Wait(WaitKind.SocketInput, key, SleepDepth.Interruptible), end);
        return StepResult.Wait;
    }

    private StepResult SendTo(Process task, in Request request, out long answer)
    {
        if (!_bound.TryGetValue(request.Path!, out var id))
        {
            answer = SystemCalls.Answer(SystemCallError.ConnectionRefused);
            return StepResult.Done;
        }

        answer = 0;
        if (All[id].Queue!.Count > QueueLimit)
        {
            _machine.Scheduler.Sleep(task, new Wait(WaitKind.SocketRoom, (ulong)id, SleepDepth.Interruptible));
            return StepResult.Wait;
        }

        if (!TryEnqueue(id, request.A, (uint)request.B, GfpFlags.KernelAccount))
        {
            answer = SystemCalls.Answer(SystemCallError.NoMemory);   // or done again, if the allocation is pending
            return StepResult.Done;
        }

        answer = (long)request.B;
        task.WrittenCharacters += request.B;
        return StepResult.Done;
    }

    private long ReceiveFrom(Process task, int descriptor)
    {
        var id = SocketOf(task, descriptor);
        if (id == 0 || All[id].Queue is not { } queue)
        {
            return SystemCalls.Answer(SystemCallError.BadDescriptor);
        }

        if (!queue.TryDequeue(out var datagram))
        {
            return SystemCalls.Answer(SystemCallError.Again);
        }

        Free(datagram);
        task.ReadCharacters += datagram.Bytes;
        _machine.Scheduler.WakeAll(WaitKind.SocketRoom, (ulong)id);
        return (long)datagram.Word;
    }

    private bool TryEnqueue(int id, ulong word, uint bytes, GfpFlags gfp)
    {
        Invariant.Holds(bytes <= MostDatagramBytes);
        if (!_machine.Slabs["skbuff_head_cache"].TryAllocate(gfp, out var head))
        {
            return false;
        }

        if (!DataCache(bytes).TryAllocate(gfp, out var data))
        {
            _machine.Slabs["skbuff_head_cache"].Free(head);
            return false;
        }

        All[id].Queue!.Enqueue(new Datagram(word, bytes, head, data));
        _machine.Scheduler.WakeAll(WaitKind.SocketInput, (ulong)id);
        return true;
    }

    private void Free(in Datagram datagram)
    {
        DataCache(datagram.Bytes).Free(datagram.Data);
        _machine.Slabs["skbuff_head_cache"].Free(datagram.Head);
    }

    private SlabCache DataCache(uint bytes) => bytes <= SmallHeadBytes
        ? _machine.Slabs["skbuff_small_head"]
        : _machine.Slabs.KmallocCacheFor((int)(bytes + SharedInfoBytes), GfpFlags.Kernel);

    /// <summary>Makes a socket and a descriptor for it.</summary>
    private long Open(Process task, string[] caches, string? name)
    {
        var objects = new SlabObject[caches.Length];
        for (var i = 0; i < caches.Length; i++)
        {
            if (!_machine.Slabs[caches[i]].TryAllocate(GfpFlags.KernelAccount, out objects[i]))
            {
                FreeObjects(objects.AsSpan(0, i), caches);
                return SystemCalls.Answer(SystemCallError.NoMemory);
            }
        }

        if (!_machine.Slabs["filp"].TryAllocate(GfpFlags.KernelAccount, out var file))
        {
            FreeObjects(objects, caches);
            return SystemCalls.Answer(SystemCallError.NoMemory);
        }

        var id = FindFree();
        All[id] = new Socket(IsUsed: true, name, objects, name is null ? null : new Queue<Datagram>());
        if (name is not null)
        {
            _bound.Add(name, id);
        }

        var opened = _machine.FileSystems.Open.Make(new OpenFile { Socket = id, References = 1, Flags = OpenFlags.Write, Object = file.Slab });
        return FileOpening.GiveDescriptor(task, opened);
    }

    private int FindFree()
    {
        for (var id = 1; id < _sockets.Count; id++)
        {
            if (!_sockets[id].IsUsed)
            {
                return id;
            }
        }

        _sockets.Add(default);
        return _sockets.Count - 1;
    }

    private void FreeObjects(ReadOnlySpan<SlabObject> objects, string[] caches)
    {
        for (var i = 0; i < objects.Length; i++)
        {
            _machine.Slabs[caches[i]].Free(objects[i]);
        }
    }

    private int SocketOf(Process task, int descriptor)
    {
        var file = FileCalls.FileOf(task, descriptor);
        return file == 0 ? 0 : _machine.FileSystems.Open[file].Socket;
    }

    /// <summary>One message in a queue, and the kernel memory it lies in.</summary>
    private readonly record struct Datagram(ulong Word, uint Bytes, SlabObject Head, SlabObject Data);

    /// <param name="IsUsed">It exists.</param>
    /// <param name="Name">What a datagram socket is bound to; null: a connection.</param>
    /// <param name="Objects">Inode, name and protocol block.</param>
    /// <param name="Queue">What a datagram socket has not received yet.</param>
    private readonly record struct Socket(bool IsUsed, string? Name, SlabObject[] Objects, Queue<Datagram>? Queue);
}
