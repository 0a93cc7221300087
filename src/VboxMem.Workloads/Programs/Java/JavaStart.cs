using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Programs.Java;

/// <summary>
/// What a JVM maps besides its heap when it starts: stacks of its threads, code cache, class space and metaspace, the collector's own
/// tables, the archive of classes and the file of modules. Each is reserved whole, made usable in part, and touched in part.
/// </summary>
/// <param name="heapBytes">-Xmx: the collector's tables grow with it.</param>
internal struct JavaStart(ulong heapBytes)
{
    private const ulong Kilobyte = 1 << 10;
    private const ulong Mebibyte = 1 << 20;

    /// <summary>Threads: main, GC, VM, compilers, reference handler, finalizer, signal dispatcher and the application's.</summary>
    private const int Threads = 14;

    private const ulong StackBytes = Mebibyte;
    private const ulong StackTouchedBytes = 88 * Kilobyte;
    private const ulong TablesShare = 64;
    private const string Directory = "/usr/lib/jvm/java-21-openjdk-amd64/lib/";

    private static readonly Part[] _parts =
    [
        new(240 * Mebibyte, 24 * Mebibyte, 2560 * Kilobyte, MapFlags.ReadWrite | MapFlags.Execute),   // code cache
        new(1024 * Mebibyte, 6 * Mebibyte, 5 * Mebibyte, MapFlags.ReadWrite),                         // class space
        new(64 * Mebibyte, 40 * Mebibyte, 30 * Mebibyte, MapFlags.ReadWrite),                         // metaspace
        new(0, 0, 0, MapFlags.ReadWrite),                                                             // the collector's tables
    ];

    private static readonly (string Path, ulong Bytes, ulong Touched)[] _files =
    [
        (Directory + "server/classes.jsa", 14_585_856, 12 * Mebibyte), (Directory + "modules", 141_116_503, 3 * Mebibyte),
    ];

    private const int Reserving = 0;
    private const int Committing = 1;
    private const int Touching = 2;
    private const int Opened = 3;
    private const int MappedFile = 4;

    private int _phase;
    private int _part;
    private ulong _address;
    private ulong _codeCache;

    /// <summary>Where the code cache begins, how much of it may be used, and how much is used at first.</summary>
    public readonly ulong CodeCache => _codeCache;

    public static ulong CodeCacheBytes => _parts[0].Committed;

    public static ulong CodeCacheStartBytes => _parts[0].Touched;

    /// <summary>The next request. False: all is there.</summary>
    public bool TryNext(in Reply last, out Request request)
    {
        if (_part >= _parts.Length + Threads)
        {
            return TryNextFile(last, out request);
        }

        var part = PartAt(_part);
        switch (_phase)
        {
            case Reserving:
                _phase = Committing;
                request = new Request(RequestKind.Mmap, part.Reserved, (ulong)(MapFlags.Anonymous | MapFlags.NoReserve | part.More));
                return true;
            case Committing:
                _phase = Touching;
                _address = (ulong)last.Value;
                _codeCache = _part == 0 ? _address : _codeCache;
                request = new Request(
                    RequestKind.Mmap, part.Committed, _address | (ulong)(MapFlags.Anonymous | MapFlags.Fixed | part.More | part.Rights));
                return true;
            default:
                _phase = Reserving;
                _part++;
                var isStack = (part.More & MapFlags.Stack) != 0;
                request = new Request(
                    RequestKind.Touch, isStack ? _address + part.Committed - part.Touched : _address, part.Touched, (ulong)TouchKind.Write);
                return true;
        }
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)_phase << 32) | (uint)_part);
        hash.Add(_address);
        hash.Add(_codeCache);
    }

    private readonly Part PartAt(int number)
    {
        if (number >= _parts.Length)
        {
            return new Part(StackBytes, StackBytes, StackTouchedBytes, MapFlags.ReadWrite, MapFlags.Stack | MapFlags.NoReserve);
        }

        var part = _parts[number];
        var tables = Math.Max(Mebibyte, heapBytes / TablesShare / Mebibyte * Mebibyte);
        return part.Reserved > 0 ? part : part with { Reserved = tables, Committed = tables, Touched = tables / 4 };
    }

    private bool TryNextFile(in Reply last, out Request request)
    {
        var number = _part - _parts.Length - Threads;
        if (number >= _files.Length)
        {
            request = default;
            return false;
        }

        var (path, bytes, touched) = _files[number];
        switch (_phase)
        {
            case Reserving:
                _phase = Opened;
                request = new Request(RequestKind.Open, (ulong)OpenFlags.Create, bytes, Path: path);
                return true;
            case Opened:
                _phase = MappedFile;
                request = new Request(RequestKind.Mmap, bytes, (ulong)(MapFlags.Read | MapFlags.Shared), (ulong)last.Value);
                return true;
            default:
                _phase = Reserving;
                _part++;
                request = new Request(RequestKind.Touch, (ulong)last.Value, touched, (ulong)TouchKind.Read);
                return true;
        }
    }

    /// <param name="Reserved">Address space.</param>
    /// <param name="Committed">Of it, what may be used.</param>
    /// <param name="Touched">Of that, what is used from the start on.</param>
    /// <param name="Rights">How it may be used.</param>
    /// <param name="More">What else it is.</param>
    private readonly record struct Part(ulong Reserved, ulong Committed, ulong Touched, MapFlags Rights, MapFlags More = MapFlags.None);
}
