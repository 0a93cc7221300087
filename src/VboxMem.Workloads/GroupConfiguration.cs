using VboxMem.Kernel.Time;

namespace VboxMem.Workloads;

/// <summary>What a building block does, as a profile says it. Each program reads the parameters it knows; see ProgramCatalog.</summary>
/// <param name="SizeBytes">Memory to touch, leak or lock; size of the file.</param>
/// <param name="PartBytes">What each forked child writes of it.</param>
/// <param name="ChunkBytes">What one call, or one mapping, is about.</param>
/// <param name="BytesPerSecond">Speed; 0: as fast as it goes.</param>
/// <param name="Passes">How often; 0: for ever.</param>
/// <param name="Pause">Between two passes.</param>
/// <param name="Hold">After the work, before it exits; null: for ever.</param>
/// <param name="Path">File or directory.</param>
/// <param name="Count">Files to make or look up; children to fork; threads to make.</param>
/// <param name="IsWrite">Writes what it could also just read; makes what it could also just look up.</param>
/// <param name="IsShared">Maps shared, not private.</param>
/// <param name="IsSynced">Ends with fsync.</param>
/// <param name="IsZero">Writes nothing but zeros.</param>
/// <param name="IsBuiltFirst">Brings its memory in as fast as it goes, before the first pass.</param>
public sealed record ProgramParameters(
    ulong SizeBytes = 0, ulong PartBytes = 0, ulong ChunkBytes = 0, ulong BytesPerSecond = 0, ulong Passes = 1,
    SimTime Pause = default, SimTime? Hold = null, string Path = "", ulong Count = 0, bool IsWrite = false, bool IsShared = false,
    bool IsSynced = false, bool IsZero = false, bool IsBuiltFirst = false);

/// <summary>A number of like processes.</summary>
/// <param name="Name">What the processes are called (comm) and what a timeline names them by.</param>
/// <param name="Program">Which program they run.</param>
/// <param name="Processes">How many.</param>
/// <param name="Uid">Their user.</param>
/// <param name="Nice">-20..19.</param>
/// <param name="OomScoreAdj">-1000..1000.</param>
/// <param name="StartsAt">When they start, counted from the end of boot or of the group After; null: when a timeline event says so.</param>
/// <param name="Parameters">What they do.</param>
/// <param name="After">The group whose end StartsAt counts from; empty: it counts from the end of boot.</param>
public sealed record GroupConfiguration(
    string Name, string Program, int Processes, uint Uid, int Nice, short OomScoreAdj, SimTime? StartsAt, ProgramParameters Parameters,
    string After = "");
