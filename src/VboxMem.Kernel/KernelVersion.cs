namespace VboxMem.Kernel;

/// <summary>Which kernel the box says it runs: Debian 13's cloud flavour.</summary>
public static class KernelVersion
{
    public const string Release = "6.12.107+deb13-cloud-amd64";

    /// <summary>The Debian package the kernel comes from.</summary>
    public const string Package = "Debian 6.12.107-1";

    public const string Build = "#1 SMP PREEMPT_DYNAMIC " + Package + " (2026-08-29)";

    /// <summary>/proc/version and the first line of the log.</summary>
    public const string Banner =
        "Linux version " + Release + " (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0, "
        + "GNU ld (GNU Binutils for Debian) 2.44) " + Build;
}
