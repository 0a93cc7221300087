using Microsoft.Win32.SafeHandles;

namespace VboxMem.Cli.Bench;

/// <summary>What a cached file costs on the host's own kernel: read through the page cache, and its clean pages taken out of it.</summary>
internal sealed unsafe class HostFile : IDisposable
{
    private const nuint PageBytes = 4096;
    private const nuint FileBytes = 128 << 20;
    private const nuint Pages = FileBytes / PageBytes;
    private const int ChunkBytes = 128 << 10;
    private const int Rounds = 5;

    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = new byte[ChunkBytes];

    private HostFile(SafeFileHandle file) => _file = file;

    /// <summary>Nanoseconds a page, of the best round.</summary>
    public double? CachedRead { get; private set; }

    /// <summary>MADV_PAGEOUT of a mapped clean page. Null where the host refuses it or takes no page, as on a tmpfs without swap.</summary>
    public double? PageOut { get; private set; }

    private int Descriptor => (int)_file.DangerousGetHandle();

    /// <returns>Null where the host is not Linux or has no place for a temporary file.</returns>
    public static HostFile? TryMeasure()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            using var file = Create();
            file.Measure();
            return file;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>A file of the temporary folder that has no name any more once it is open.</summary>
    private static HostFile Create()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var file = new HostFile(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        File.Delete(path);
        for (nuint offset = 0; offset < FileBytes; offset += ChunkBytes)
        {
            RandomAccess.Write(file._file, file._buffer, (long)offset);
        }

        RandomAccess.FlushToDisk(file._file);   // only clean pages can be dropped without I/O
        return file;
    }

    private void Measure()
    {
        for (var round = 0; round < Rounds; round++)
        {
            ReadAll();   // into the cache, when the round before has taken it out
            CachedRead = Least(CachedRead, ReadAll());
            PageOut = Least(PageOut, MeasurePageOut());
        }
    }

    private double? ReadAll()
    {
        var start = BenchClock.Now;
        fixed (byte* buffer = _buffer)
        {
            for (nuint offset = 0; offset < FileBytes; offset += ChunkBytes)
            {
                if (HostKernel.Read(Descriptor, buffer, ChunkBytes, (nint)offset) != ChunkBytes)
                {
                    return null;
                }
            }
        }

        return BenchClock.Since(start) / Pages;
    }

    private double? MeasurePageOut()
    {
        var mapping = HostKernel.Map(0, FileBytes, HostKernel.ProtRead, HostKernel.MapShared, Descriptor, 0);
        if (mapping == -1)
        {
            return null;
        }

        for (nuint offset = 0; offset < FileBytes; offset += PageBytes)
        {
            Volatile.Read(ref *((byte*)mapping + offset));
        }

        var start = BenchClock.Now;
        var isDone = HostKernel.Advise(mapping, FileBytes, HostKernel.AdvicePageOut) == 0;
        var nanoseconds = BenchClock.Since(start) / Pages;
        isDone = isDone && IsMostlyGone(mapping);
        HostKernel.Unmap(mapping, FileBytes);
        return isDone ? nanoseconds : null;
    }

    private static bool IsMostlyGone(nint mapping)
    {
        var state = new byte[Pages];
        fixed (byte* pages = state)
        {
            if (HostKernel.InCore(mapping, FileBytes, pages) != 0)
            {
                return false;
            }
        }

        var left = 0;
        foreach (var page in state)
        {
            left += page & 1;
        }

        return left < (int)Pages / 10;
    }

    private static double? Least(double? best, double? now) => best is { } b && now is { } n ? Math.Min(b, n) : best ?? now;
}
