// Connections that clients keep open to one process (keep-alive): a slot each, most of them in use. A client asks on any of them; now and
// then one is closed, and the next client that falls on its slot opens a new one.
//
// Invariants
//   C1  A slot is empty (descriptor -1, buffer 0) or has a descriptor and, once the program has given it one, a buffer.

using VboxMem.Kernel;

namespace VboxMem.Workloads.Programs;

/// <summary>The connections of one process, by slot.</summary>
internal sealed class ClientConnections
{
    private const int None = -1;

    private readonly int[] _descriptors;
    private readonly ulong[] _buffers;
    private readonly ushort[] _clients;

    public ClientConnections(int slots)
    {
        _descriptors = new int[slots];
        _buffers = new ulong[slots];
        _clients = new ushort[slots];
        Array.Fill(_descriptors, None);
    }

    private ClientConnections(ClientConnections other)
    {
        _descriptors = [.. other._descriptors];
        _buffers = [.. other._buffers];
        _clients = [.. other._clients];
        OpenCount = other.OpenCount;
    }

    public int Slots => _descriptors.Length;

    /// <summary>Slots in use.</summary>
    public int OpenCount { get; private set; }

    public bool IsOpen(int slot) => _descriptors[slot] != None;

    public ulong DescriptorOf(int slot) => (ulong)_descriptors[slot];

    /// <summary>Its buffer; 0: none yet.</summary>
    public ulong BufferOf(int slot) => _buffers[slot];

    /// <summary>Which client of the scenario is at its other end.</summary>
    public int ClientOf(int slot) => _clients[slot];

    public void Open(int slot, long descriptor, int client)
    {
        Invariant.Holds(!IsOpen(slot) && descriptor >= 0);
        _descriptors[slot] = (int)descriptor;
        _clients[slot] = (ushort)client;
        OpenCount++;
    }

    public void SetBuffer(int slot, ulong address)
    {
        Invariant.Holds(IsOpen(slot) && _buffers[slot] == 0);
        _buffers[slot] = address;
    }

    /// <summary>The slot is empty from now on.</summary>
    /// <returns>The buffer to free; 0: it had none.</returns>
    public ulong Forget(int slot)
    {
        Invariant.Holds(IsOpen(slot));
        var buffer = _buffers[slot];
        _descriptors[slot] = None;
        _buffers[slot] = 0;
        OpenCount--;
        return buffer;
    }

    public ClientConnections Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        hash.Add<int>(_descriptors);
        hash.Add<ulong>(_buffers);
        hash.Add<ushort>(_clients);
    }
}
