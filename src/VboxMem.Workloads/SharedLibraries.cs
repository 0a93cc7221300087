// Shared libraries as programs map them: one description for each file, so that all programs share its pages.
//
// Sizes are those of the ELF segments in Debian 13's packages for amd64: code; constants in front of and behind it; data; bss.
//
// Units    kB.
// Departs  of constants two fifths lie in front of the code, of data three quarters are relocated and then protected, as is the rule.
//          What starting touches: data is written nearly whole by relocation. Of code and constants, resident in running programs of
//          Debian 12 (a fault maps 64 kB around it): of ld.so all, of libc 70 to 78 %, of small libraries and executables 80 to 100 %,
//          of libcrypto 61 %, libm 58 %, libssl 30 %. Here: small ones whole, of large ones less than half of what is more.

using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads;

/// <summary>The libraries of Debian 13 that the box's programs are linked with. Immutable.</summary>
public static class SharedLibraries
{
    private const ulong Kilobyte = 1024;
    private const string Directory = "/usr/lib/x86_64-linux-gnu/";

    /// <summary>Of bss, what starting writes at most.</summary>
    private const ulong MostBssKilobytes = 16;

    /// <summary>A library up to this size is read whole when it is started.</summary>
    private const ulong WholeKilobytes = 128;

    /// <summary>The dynamic loader: the first library of every dynamic program.</summary>
    public static readonly ProgramImage Loader = Of("ld-linux-x86-64.so.2", 158, 47, 11, 3, startedKilobytes: 205);
    public static readonly ProgramImage Libc = Of("libc.so.6", 1419, 498, 19, 54, startedKilobytes: 1350);
    public static readonly ProgramImage Libm = Of("libm.so.6", 500, 448, 2, 1);
    public static readonly ProgramImage Crypto = Of("libcrypto.so.3", 3604, 2230, 534, 13, startedKilobytes: 3400);
    public static readonly ProgramImage Ssl = Of("libssl.so.3", 681, 342, 55, 1);
    public static readonly ProgramImage Zlib = Of("libz.so.1.3.1", 77, 34, 2, 1);
    public static readonly ProgramImage Zstd = Of("libzstd.so.1.5.7", 697, 96, 3, 1);
    public static readonly ProgramImage Lz4 = Of("liblz4.so.1.10.0", 124, 20, 2, 1);
    public static readonly ProgramImage Pcre = Of("libpcre2-8.so.0.14.0", 490, 194, 2, 1);
    public static readonly ProgramImage Selinux = Of("libselinux.so.1", 125, 60, 3, 10);
    public static readonly ProgramImage Pam = Of("libpam.so.0.85.1", 35, 23, 2, 1);
    public static readonly ProgramImage Audit = Of("libaudit.so.1.0.0", 50, 113, 3, 65);
    public static readonly ProgramImage Crypt = Of("libcrypt.so.1.1.0", 87, 107, 2, 33);
    public static readonly ProgramImage Cap = Of("libcap.so.2.75", 20, 18, 3, 1);
    public static readonly ProgramImage Acl = Of("libacl.so.1.1.2302", 19, 11, 2, 1);
    public static readonly ProgramImage Mount = Of("libmount.so.1.1.0", 324, 150, 11, 1);
    public static readonly ProgramImage Seccomp = Of("libseccomp.so.2.6.0", 58, 109, 3, 1);
    public static readonly ProgramImage Tinfo = Of("libtinfo.so.6.5", 77, 113, 16, 2);
    public static readonly ProgramImage Expat = Of("libexpat.so.1.13.0", 120, 50, 8, 1);
    public static readonly ProgramImage Gssapi = Of("libgssapi_krb5.so.2.2", 222, 101, 10, 1);
    public static readonly ProgramImage Kerberos = Of("libkrb5.so.3.3", 376, 420, 60, 1);
    public static readonly ProgramImage Ldap = Of("libldap.so.2.0.200", 239, 138, 10, 10);
    public static readonly ProgramImage Xml = Of("libxml2.so.2.9.14", 1179, 534, 38, 5);
    public static readonly ProgramImage IcuCommon = Of("libicuuc.so.76.1", 1066, 1028, 76, 10);
    public static readonly ProgramImage IcuI18n = Of("libicui18n.so.76.1", 1905, 1699, 74, 5);
    public static readonly ProgramImage IcuData = Of("libicudata.so.76.1", 1, 31107, 1, 1, startedKilobytes: 64);
    public static readonly ProgramImage Systemd = Of("libsystemd.so.0.40.0", 700, 348, 54, 4);
    public static readonly ProgramImage SystemdShared = Of("systemd/libsystemd-shared-257.so", 2592, 1559, 190, 7, startedKilobytes: 2400);
    public static readonly ProgramImage Jemalloc = Of("libjemalloc.so.2", 668, 126, 25, 382);
    public static readonly ProgramImage StandardCpp = Of("libstdc++.so.6.0.33", 1187, 1191, 52, 16);
    public static readonly ProgramImage Gcc = Of("libgcc_s.so.1", 140, 30, 2, 1);

    /// <summary>A library by the figures of its segments, in kB.</summary>
    /// <param name="file">Its file, below the directory of libraries, or from the root on.</param>
    /// <param name="text">Code.</param>
    /// <param name="constants">Constants.</param>
    /// <param name="data">Initialised data.</param>
    /// <param name="bss">Zeroed data.</param>
    /// <param name="startedKilobytes">What starting reads of code and constants; null: see above.</param>
    public static ProgramImage Of(string file, ulong text, ulong constants, ulong data, ulong bss, ulong? startedKilobytes = null) => new(
        file.StartsWith('/') ? file : Directory + file,
        text * Kilobyte,
        Behind(constants) * Kilobyte,
        Kept(data) * Kilobyte,
        bss * Kilobyte,
        (startedKilobytes ?? StartedOf(text + constants)) * Kilobyte,
        (data + Math.Min(bss, MostBssKilobytes)) * Kilobyte,
        [])
    {
        HeaderBytes = (constants - Behind(constants)) * Kilobyte,
        RelocatedBytes = (data - Kept(data)) * Kilobyte,
    };

    /// <summary>An executable by the figures of its segments, in kB, as <see cref="Of"/> describes a library.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="text">Code.</param>
    /// <param name="constants">Constants.</param>
    /// <param name="data">Initialised data.</param>
    /// <param name="bss">Zeroed data.</param>
    /// <param name="libraries">Its libraries besides the loader, in the order in which they are mapped.</param>
    /// <param name="startedKilobytes">What starting reads of code and constants; null: four fifths.</param>
    /// <param name="stackKilobytes">What starting writes of the stack.</param>
    public static ProgramImage Executable(
        string path, ulong text, ulong constants, ulong data, ulong bss, ProgramImage[] libraries, ulong? startedKilobytes = null,
        ulong stackKilobytes = 16) => new(
        path,
        text * Kilobyte,
        Behind(constants) * Kilobyte,
        Kept(data) * Kilobyte,
        bss * Kilobyte,
        (startedKilobytes ?? ((text + constants) * 4 / 5)) * Kilobyte,
        (data + bss + stackKilobytes) * Kilobyte,
        [Loader, .. libraries])
    {
        HeaderBytes = (constants - Behind(constants)) * Kilobyte,
        RelocatedBytes = (data - Kept(data)) * Kilobyte,
    };

    /// <summary>Of constants, what lies behind the code.</summary>
    private static ulong Behind(ulong constants) => constants - (constants * 2 / 5);

    /// <summary>Of initialised data, what stays writable: at least a page of its own is mapped.</summary>
    private static ulong Kept(ulong data) => Math.Max(1, data / 4);

    /// <summary>Of a library's code and constants, what a start reads.</summary>
    private static ulong StartedOf(ulong kilobytes) =>
        Math.Min(kilobytes, WholeKilobytes) + ((kilobytes - Math.Min(kilobytes, WholeKilobytes)) * 9 / 20);
}
