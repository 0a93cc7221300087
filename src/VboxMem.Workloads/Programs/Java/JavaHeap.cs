// The heap of a JVM by its arithmetic: where its parts lie, how full they are, and what a collection does with them.
//
//   | old                                | eden                        | survivor | survivor |
//     two thirds of -Xmx                   eight tenths of the rest      a tenth    a tenth
//
// Objects are made in eden. When it is full, a young collection copies what lives to the free survivor space and promotes a part of it
// to old; eden is empty then. Until the application has its live data, half of eden is promoted each time; later a small part, and most of
// that is garbage soon. When old has no room for another collection, a full collection leaves the live data in it.
//
// Units    bytes.
// Models   HotSpot's NewRatio 2 and SurvivorRatio 8.
// Departs  fixed generations, as the serial and parallel collectors have them; G1 moves its borders.

using VboxMem.Kernel;

namespace VboxMem.Workloads.Programs.Java;

internal struct JavaHeap
{
    private const ulong Unit = 64 << 10;
    private const ulong SurvivingShare = 16;
    private const ulong BuildingShare = 2;
    private const ulong PromotedShare = 64;

    private ulong _edenUsed;
    private ulong _oldUsed;
    private ulong _survived;
    private ulong _survivor;

    /// <param name="bytes">-Xmx.</param>
    /// <param name="live">The application's live data.</param>
    public JavaHeap(ulong bytes, ulong live)
    {
        OldBytes = bytes * 2 / 3 / Unit * Unit;
        var young = bytes - OldBytes;
        SurvivorBytes = Math.Max(Unit, young / 10 / Unit * Unit);
        EdenBytes = Math.Max(Unit, (young - (2 * SurvivorBytes)) / Unit * Unit);
        LiveBytes = live;
        OldLimit = OldBytes;
        EdenLimit = EdenBytes;
    }

    public ulong OldBytes { get; }

    public ulong EdenBytes { get; }

    public ulong SurvivorBytes { get; }

    public ulong LiveBytes { get; }

    /// <summary>What old and eden may grow to: less than they are when the kernel has refused a part.</summary>
    public ulong OldLimit { get; private set; }

    public ulong EdenLimit { get; private set; }

    public readonly ulong OldUsed => _oldUsed;

    public readonly ulong EdenUsed => _edenUsed;

    public readonly ulong EdenOffset => OldBytes;

    /// <summary>Where the survivor space begins that the last young collection copied to, and how much lies there.</summary>
    public readonly ulong SurvivorOffset => OldBytes + EdenBytes + (_survivor * SurvivorBytes);

    public readonly ulong Survived => _survived;

    /// <summary>Bytes of everything.</summary>
    public readonly ulong Bytes => OldBytes + EdenBytes + (2 * SurvivorBytes);

    /// <summary>What the next young collection promotes.</summary>
    public readonly ulong NextPromotion
    {
        get
        {
            var building = LiveBytes - Math.Min(LiveBytes, _oldUsed);
            return building > 0 ? Math.Min(building, _edenUsed / BuildingShare) : _edenUsed / PromotedShare;
        }
    }

    public readonly bool HasRoomInEden(ulong bytes) => _edenUsed + bytes <= EdenLimit;

    /// <summary>Old has no room for what the next young collection promotes.</summary>
    public readonly bool NeedsFullCollection => _oldUsed + NextPromotion > OldLimit;

    /// <summary>Takes memory for new objects.</summary>
    /// <returns>Where it begins.</returns>
    public ulong Take(ulong bytes)
    {
        Invariant.Holds(HasRoomInEden(bytes));
        _edenUsed += bytes;
        return EdenOffset + _edenUsed - bytes;
    }

    /// <summary>A young collection: eden is empty, the survivor spaces have changed places, old is fuller.</summary>
    /// <returns>Bytes promoted, to the end of what was used of old.</returns>
    public ulong CollectYoung()
    {
        var promoted = NextPromotion;
        Invariant.Holds(_oldUsed + promoted <= OldLimit);
        _survivor ^= 1;
        _survived = Math.Min(SurvivorBytes, _edenUsed / SurvivingShare);
        _oldUsed += promoted;
        _edenUsed = 0;
        return promoted;
    }

    /// <summary>A full collection: old holds what lives.</summary>
    public void CollectOld() => _oldUsed = Math.Min(_oldUsed, LiveBytes);

    /// <summary>The kernel has refused memory behind what is committed of old, or of eden.</summary>
    public void LimitOld(ulong committed) => OldLimit = committed;

    public void LimitEden(ulong committed) => EdenLimit = committed;

    public readonly void HashInto(StateHash hash)
    {
        ReadOnlySpan<ulong> words = [_edenUsed, _oldUsed, _survived, _survivor, OldLimit, EdenLimit];
        hash.Add(words);
    }
}
