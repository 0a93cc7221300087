using System.Runtime.InteropServices;

namespace VboxMem.Kernel.Physical;

/// <summary>
/// Zeroed host memory outside the garbage collector, which costs nothing until it is touched: a simulated terabyte reserves
/// 8 GiB of descriptors and uses a few MiB. On Linux it is reserved without being counted against the host's commit limit.
/// There is no finalizer on purpose: a pointer into it may outlive the last reference to this object inside a method.
/// </summary>
internal sealed unsafe partial class HostMemory : IDisposable
{
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymousNoReserve = 0x02 | 0x20 | 0x4000;
    private const int AdvicePopulateWrite = 23;

    private readonly bool _mapped;

    public HostMemory(nuint bytes)
    {
        Bytes = bytes;
        if (OperatingSystem.IsLinux())
        {
            var address = Map(0, bytes, ProtReadWrite, MapPrivateAnonymousNoReserve, -1, 0);
            if (address == -1)
            {
                throw new InsufficientMemoryException($"the host cannot reserve {bytes >> 20} MiB of address space for page descriptors");
            }

            Address = (void*)address;
            _mapped = true;
        }
        else
        {
            Address = NativeMemory.AllocZeroed(bytes);
        }
    }

    public void* Address { get; private set; }

    public nuint Bytes { get; }

    /// <summary>
    /// Has the host make the pages of a range that is about to be written all over: at one go they cost it half of what they cost
    /// fault by fault. Kernels before 5.14 have no such call; then they come fault by fault.
    /// </summary>
    public void Populate(nuint start, nuint length)
    {
        if (_mapped)
        {
            var first = start & ~(nuint)(Environment.SystemPageSize - 1);
            _ = Advise((nint)Address + (nint)first, start + length - first, AdvicePopulateWrite);
        }
    }

    public void Dispose()
    {
        if (Address is null)
        {
            return;
        }

        if (_mapped)
        {
            _ = Unmap((nint)Address, Bytes);
        }
        else
        {
            NativeMemory.Free(Address);
        }

        Address = null;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
