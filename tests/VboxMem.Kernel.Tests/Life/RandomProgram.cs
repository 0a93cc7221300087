using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Life;

/// <summary>
/// A program that asks the kernel for anything, in any order, some of it wrong: maps, touches, protects, moves, locks, advises and
/// unmaps memory, reads, writes and removes files, forks and reaps children, makes and ends threads, sleeps. Its areas lie wherever
/// it last got some; one that likes high addresses wishes for some above 47 bits. Its threads start with the same areas, so that they
/// get in each other's way.
/// </summary>
internal sealed class RandomProgram(Prng chance, int depth, bool likesHighAddresses = false, bool isThreaded = false) : UserProgram
{
    private const ulong Page = 4096;
    private const int Places = 6;
    private const int MostDepth = 2;

    private static readonly ProgramImage _image = new(
        "/usr/bin/random", TextBytes: 64 << 10, ReadOnlyBytes: 16 << 10, DataBytes: 8 << 10, BssBytes: 64 << 10,
        StartedBytes: 64 << 10, DirtiedBytes: 16 << 10, Libraries: []);

    private static readonly Advice[] _advice =
    [
        Advice.Normal, Advice.Random, Advice.Sequential, Advice.WillNeed, Advice.DontNeed, Advice.Free, Advice.HugePage,
        Advice.NoHugePage, Advice.WipeOnFork, Advice.KeepOnFork, Advice.Cold, Advice.PageOut, Advice.PopulateRead,
        Advice.PopulateWrite, Advice.DontFork, Advice.DoFork,
    ];

    private Prng _chance = chance;
    private ulong[] _addresses = new ulong[Places];
    private ulong[] _pages = new ulong[Places];
    private int _asked = -1;
    private int _descriptor = -1;
    private bool _isOpening;
    private int _pid;

    public override ProgramImage Image => _image;

    /// <summary>Requests made so far, to tell that it gets on.</summary>
    public int AskedCount { get; private set; }

    public override Request Next(in Reply last)
    {
        AskedCount++;
        Remember(last);
        _pid = last.Pid - (int)Below(3);
        var place = (int)Below(Places);
        if (isThreaded && Below(6) == 0)
        {
            return OfThreads(last.Shared!);
        }

        return Below(28) switch
        {
            0 or 1 or 2 => Map(place),
            3 => new Request(RequestKind.Munmap, PieceOf(place, out var bytes), bytes),
            4 => new Request(RequestKind.Mprotect, PieceOf(place, out var bytes), bytes, Below(8)),
            5 => Move(place),
            6 => new Request(Below(2) == 0 ? RequestKind.Mlock : RequestKind.Munlock, PieceOf(place, out var bytes), Math.Min(bytes, (Below(8) == 0 ? 2000UL : 64) * Page), Below(2)),
            7 or 8 or 9 => new Request(RequestKind.Madvise, PieceOf(place, out var bytes), bytes, (ulong)_advice[Below((ulong)_advice.Length)]),
            10 => new Request(RequestKind.Brk, 0),
            11 => OpenFile(),
            12 or 13 => new Request(RequestKind.Read, Descriptor, Below(300) * 1000),
            14 or 15 => new Request(RequestKind.Write, Descriptor, Below(Below(8) == 0 ? 8000UL : 300) * 1000),
            16 => new Request(RequestKind.Seek, Descriptor, Below(4 << 20)),
            17 => Rare(),
            18 => depth < MostDepth && Below(4) == 0
                ? new Request(RequestKind.Fork, Program: MakeCopy("child", depth + 1))
                : new Request(RequestKind.WaitChild, 1),
            19 => new Request(RequestKind.Sleep, Below(20_000_000)),
            _ => Touch(place),
        };
    }

    public override UserSharedState MakeShared() => new SharedWords();

    public override UserProgram Clone()
    {
        var copy = (RandomProgram)MemberwiseClone();
        copy._addresses = (ulong[])_addresses.Clone();
        copy._pages = (ulong[])_pages.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        _chance.HashInto(hash);
        hash.Add<ulong>(_addresses);
        hash.Add<ulong>(_pages);
        hash.Add(((long)_asked << 32) | (uint)_descriptor);
        hash.Add(((long)_pid << 1) | (_isOpening ? 1L : 0));
        hash.Add((long)AskedCount);
    }

    private ulong Descriptor => _descriptor < 0 ? 77 : (ulong)_descriptor;

    private ulong Below(ulong bound) => _chance.NextBelow(bound);

    private void Remember(in Reply last)
    {
        if (_asked >= 0)
        {
            _addresses[_asked] = last.IsError ? 0 : (ulong)last.Value;
            _asked = -1;
        }
        else if (_isOpening)
        {
            _descriptor = last.IsError ? -1 : (int)last.Value;
            _isOpening = false;
        }
    }

    private Request Map(int place)
    {
        var pages = 1 + Below(Below(3) != 0 ? 100UL : Below(3) == 0 ? 12_000UL : 4000UL);
        var flags = (MapFlags)Below(8) | MapFlags.Read;
        flags |= Below(3) == 0 ? MapFlags.Shared : 0;
        flags |= Below(6) == 0 ? MapFlags.Populate : 0;
        flags |= Below(8) == 0 ? MapFlags.NoReserve : 0;
        flags |= _descriptor < 0 || Below(2) == 0 ? MapFlags.Anonymous : 0;
        (_asked, _pages[place]) = (place, pages);
        var wish = likesHighAddresses && place % 2 == 0 ? 1UL << (48 + place) : 0;
        return new Request(RequestKind.Mmap, pages * Page, (ulong)flags | wish, Descriptor, Below(16) * Page);
    }

    private Request Move(int place)
    {
        var address = _addresses[place];
        var old = _pages[place];
        var pages = 1 + Below(80);
        (_asked, _pages[place]) = (place, pages);
        return new Request(RequestKind.Mremap, address, old * Page, pages * Page);
    }

    private Request Touch(int place)
    {
        if (_addresses[place] == 0 && Below(32) != 0)
        {
            return Map(place);   // most programs live on a while
        }

        var address = PieceOf(place, out var bytes);
        return new Request(RequestKind.Touch, address, bytes, (ulong)(Below(8) == 0 ? TouchKind.WriteZeros : (TouchKind)Below(2)));
    }

    private Request OpenFile()
    {
        _isOpening = true;
        var flags = (OpenFlags)Below(16) | OpenFlags.Create;
        return new Request(RequestKind.Open, (ulong)flags, Below(3_000_000), Path: PathOf(Below(6)));
    }

    private Request Rare() => Below(16) switch
    {
        0 => new Request(RequestKind.Unlink, Path: PathOf(Below(6))),
        1 => new Request(RequestKind.Fsync, Descriptor),
        2 => new Request(RequestKind.Sync),
        3 => new Request(RequestKind.Truncate, Descriptor, Below(2_000_000)),
        4 => new Request(RequestKind.Close, Descriptor),
        5 => new Request(RequestKind.Fadvise, Descriptor, Below(100) * Page, Below(400) * Page, Below(6)),
        6 => new Request(RequestKind.Stat, Path: $"/mnt/missing-{Below(200)}"),
        7 when depth > 0 && Below(6) == 0 => new Request(RequestKind.Exit, 3),
        8 => new Request(RequestKind.Mlockall, Below(8)),
        9 => new Request(RequestKind.SetOomScoreAdj, (ulong)(1000 - (long)Below(Below(8) == 0 ? 2001UL : 1200))),
        10 when Below(4) == 0 => new Request(RequestKind.SwapOff, Below(3)),
        11 when Below(4) == 0 => new Request(RequestKind.Kill, (ulong)_pid, (ulong)(Below(2) == 0 ? Signal.Kill : Signal.User2)),
        12 => new Request(RequestKind.Execute, Path: _image.Path, Program: new RandomProgram(new Prng(_chance.NextUInt64(), "image"), depth, likesHighAddresses, isThreaded)),
        13 => new Request(RequestKind.Compute, Below(3_000_000)),
        14 => new Request(RequestKind.Open, (ulong)OpenFlags.Create, 20_000, Path: $"/mnt/many-{Below(3000)}"),
        _ => new Request(RequestKind.Munlockall),
    };

    /// <summary>Makes threads, rarely ends this one, joins those whose tid it finds in one of three words.</summary>
    private Request OfThreads(UserSharedState shared)
    {
        var word = Below(4) * 4;
        return Below(16) switch
        {
            < 5 => new Request(RequestKind.CloneThread, word, Program: MakeCopy("thread", depth)),
            5 when Below(2) == 0 => new Request(RequestKind.ExitThread, Below(256)),
            6 or 7 => new Request(RequestKind.FutexWake, word, Below(3)),
            8 when shared.Load(word) != 0 => new Request(RequestKind.FutexWait, word, shared.Load(word)),
            9 => new Request(RequestKind.FutexWait, word, 1),
            10 => new Request(RequestKind.SetName, Path: "thread-" + Below(100)),
            11 => new Request(RequestKind.WaitChild, 1),
            12 when Below(4) == 0 => new Request(RequestKind.Execute, Path: _image.Path, Program: new RandomProgram(new Prng(_chance.NextUInt64(), "image"), depth, isThreaded)),
            _ => new Request(RequestKind.Sleep, Below(5_000_000)),
        };
    }

    private static string PathOf(ulong number) => number % 3 == 0 ? $"/tmp/file-{number}" : $"/mnt/file-{number}";

    /// <summary>Some pages of an area; rarely an address that is nothing of the program's.</summary>
    private ulong PieceOf(int place, out ulong bytes)
    {
        var pages = Math.Max(1, _pages[place]);
        var first = Below(pages);
        bytes = (1 + Below(pages - first)) * Page;
        return _addresses[place] == 0 ? 0x1000_0000 + (Below(64) * Page) : _addresses[place] + (first * Page);
    }

    /// <summary>A program that knows the same areas and descriptor.</summary>
    private RandomProgram MakeCopy(string name, int copysDepth)
    {
        var child = new RandomProgram(new Prng(_chance.NextUInt64(), name), copysDepth, likesHighAddresses, isThreaded);
        _addresses.CopyTo(child._addresses, 0);
        _pages.CopyTo(child._pages, 0);
        child._descriptor = _descriptor;
        return child;
    }
}
