using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VboxMem.Cli.Bench;

/// <summary>Times a fork of this very process.</summary>
/// <remarks>
/// A child of a fork has one thread and whatever state the runtime was in, so that managed code must not go on in it: the child
/// does nothing but _exit. Both functions are called through their addresses, without the transitions by which the runtime
/// follows its threads and without anything left to be bound at the first call.
/// </remarks>
internal sealed unsafe class HostFork
{
    private readonly delegate* unmanaged[SuppressGCTransition]<int> _fork;
    private readonly delegate* unmanaged[SuppressGCTransition]<int, void> _exit;

    public HostFork()
    {
        var library = NativeLibrary.Load("libc.so.6");
        _fork = (delegate* unmanaged[SuppressGCTransition]<int>)NativeLibrary.GetExport(library, "fork");
        _exit = (delegate* unmanaged[SuppressGCTransition]<int, void>)NativeLibrary.GetExport(library, "_exit");
    }

    /// <summary>Nanoseconds until the parent goes on; null when there is no process to be had.</summary>
    public double? Nanoseconds()
    {
        var start = BenchClock.Now;
        var child = Fork();
        var nanoseconds = BenchClock.Since(start);
        if (child < 0)
        {
            return null;
        }

        Reap(child);
        return nanoseconds;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private int Fork()
    {
        var exit = _exit;
        var child = _fork();
        if (child == 0)
        {
            exit(0);
        }

        return child;
    }

    private static void Reap(int child)
    {
        int status;
        while (HostKernel.WaitFor(child, &status, 0) < 0 && Marshal.GetLastPInvokeError() == HostKernel.Interrupted)
        {
        }
    }
}
