using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests;

/// <summary>Lines of scripts.</summary>
internal static class Script
{
    private const ulong Page = 4096;

    public static ScriptLine Map(ulong pages, MapFlags more = MapFlags.None) =>
        new(new Request(RequestKind.Mmap, pages * Page, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous | more), ulong.MaxValue));

    /// <summary>Maps a file that an earlier script has opened as its first descriptor.</summary>
    public static ScriptLine MapFile(ulong pages, MapFlags more = MapFlags.None) =>
        new(new Request(RequestKind.Mmap, pages * Page, (ulong)(MapFlags.ReadWrite | more), 0));

    public static ScriptLine Write(int mapped, ulong firstPage, ulong pages, ulong nanosecondsPerPage = 0) =>
        new(new Request(RequestKind.Touch, firstPage * Page, pages * Page, (ulong)TouchKind.Write, nanosecondsPerPage), mapped);

    public static ScriptLine WriteZeros(int mapped, ulong firstPage, ulong pages) =>
        new(new Request(RequestKind.Touch, firstPage * Page, pages * Page, (ulong)TouchKind.WriteZeros), mapped);

    public static ScriptLine Read(int mapped, ulong firstPage, ulong pages) =>
        new(new Request(RequestKind.Touch, firstPage * Page, pages * Page, (ulong)TouchKind.Read), mapped);

    public static ScriptLine Advise(int mapped, ulong firstPage, ulong pages, Advice advice) =>
        new(new Request(RequestKind.Madvise, firstPage * Page, pages * Page, (ulong)advice), mapped);

    public static ScriptLine Unmap(int mapped, ulong firstPage, ulong pages) =>
        new(new Request(RequestKind.Munmap, firstPage * Page, pages * Page), mapped);

    public static ScriptLine Open(string path, ulong bytesIfMade = 0) =>
        new(new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Read), bytesIfMade, Path: path));

    /// <summary>Reads from the descriptor an earlier line opened.</summary>
    public static ScriptLine ReadFile(int opened, ulong bytes) => new(new Request(RequestKind.Read, 0, bytes), opened);

    public static ScriptLine WriteFile(int opened, ulong bytes) => new(new Request(RequestKind.Write, 0, bytes), opened);

    public static ScriptLine Seek(int opened, ulong position) => new(new Request(RequestKind.Seek, 0, position), opened);

    public static ScriptLine Fork(UserProgram child) => new(new Request(RequestKind.Fork, Program: child));

    /// <summary>Makes a thread; its tid is a shared word, so that it can be joined.</summary>
    public static ScriptLine Thread(UserProgram program, ulong tidAddress = 0) =>
        new(new Request(RequestKind.CloneThread, tidAddress, Program: program));

    public static ScriptLine ExitThread(int code = 0) => new(new Request(RequestKind.ExitThread, (ulong)code));

    public static ScriptLine Wait() => new(new Request(RequestKind.WaitChild));

    public static ScriptLine Sleep(ulong milliseconds) => new(new Request(RequestKind.Sleep, milliseconds * 1_000_000));

    public static ScriptLine Compute(ulong milliseconds) => new(new Request(RequestKind.Compute, milliseconds * 1_000_000));

    public static ScriptLine Do(RequestKind kind, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, int of = -1, string? path = null) =>
        new(new Request(kind, a, b, c, d, path), of);
}
