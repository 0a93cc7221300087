namespace VboxMem.Tools.Tests;

/// <summary>
/// A test against the machine's own procps. Where it cannot run it is skipped and says why; with CI=true it fails,
/// so that a build never passes by comparing nothing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RealToolFactAttribute : FactAttribute
{
    public RealToolFactAttribute()
    {
        if (!IsCi && RealTools.WhyNot is { } reason) Skip = reason;
    }

    private static bool IsCi => Environment.GetEnvironmentVariable("CI") is "true" or "1";
}
