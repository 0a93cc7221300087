namespace VboxMem.Tools.Vmstat;

/// <summary>
/// vmstat's -S: what its memory columns count in. 4.0.2 computes in float32, so above 2^24 its figures are
/// multiples of 2, 4, …; 4.0.4 computes in float64. Both truncate.
/// </summary>
/// <param name="Label">What <c>-s</c> prints before each size.</param>
/// <param name="Bytes">1, 1000, 1024, 10^6 or 2^20.</param>
/// <param name="Version">Whose precision.</param>
internal readonly record struct VmstatUnit(string Label, uint Bytes, ProcpsVersion Version)
{
    internal static VmstatUnit Kibibytes(ProcpsVersion version) => new("K", 1024, version);

    internal ulong FromKilobytes(ulong kilobytes) => Version == ProcpsVersion.V4_0_2
        ? (ulong)((float)kilobytes / Bytes * 1024f)
        : (ulong)((double)kilobytes / Bytes * 1024.0);

    internal ulong? FromKilobytes(ulong? kilobytes) => kilobytes is { } present ? FromKilobytes(present) : null;
}
