namespace VboxMem.Kernel.Log;

/// <summary>What was being done when memory was asked for: decides the call trace.</summary>
public enum AllocationOrigin
{
    /// <summary>First touch of anonymous memory.</summary>
    AnonymousFault,

    /// <summary>Writing to a shared page: its copy.</summary>
    CopyOnWriteFault,

    /// <summary>Touching a page that was swapped out.</summary>
    SwapInFault,

    /// <summary>Touching a page of a mapped file that is not cached.</summary>
    FileFault,

    /// <summary>A page table for a fault.</summary>
    PageTableFault,

    /// <summary>A page table while execve moves the new program's stack.</summary>
    ExecPageTable,

    /// <summary>read(2) of a page that is not cached, write(2) of a new one.</summary>
    FileSyscall,

    /// <summary>A kernel object that some other system call needs.</summary>
    KernelObject,

    /// <summary>The control buffer of sendmsg(2): a kernel object of several pages.</summary>
    SocketBuffer,

    /// <summary>Nobody: an operator pressed SysRq-f, a worker does it.</summary>
    SysRq,
}
