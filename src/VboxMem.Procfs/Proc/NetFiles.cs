using VboxMem.Kernel;

namespace VboxMem.Procfs.Proc;

/// <summary>The files of <c>/proc/net</c>: which sockets there are, and what goes over the one network device, which is nothing.</summary>
/// <remarks>
/// net/ipv4/proc.c: sockstat_seq_show, snmp_seq_show; net/ipv6/proc.c: sockstat6_seq_show; net/core/net-procfs.c: dev_seq_show. Departs: a
/// directory, where Linux has a link to self/net. Connections end at the socket here, without segments: the lines Ip and Tcp of snmp, which count
/// packets, are left out. A connection that is closed is gone, without time to wait; its buffers were empty.
/// </remarks>
internal static class NetFiles
{
    private const string Directory = "/proc/net/";

    public static IEnumerable<ProcFile> Files()
    {
        yield return new(Directory + "dev", FileModes.ReadAll, RenderDev);
        yield return new(Directory + "snmp", FileModes.ReadAll, RenderSnmp);
        yield return new(Directory + "sockstat", FileModes.ReadAll, RenderSockstat);
        yield return new(Directory + "sockstat6", FileModes.ReadAll, static (_, text) => text.Literal(
            "TCP6: inuse 0\nUDP6: inuse 0\nUDPLITE6: inuse 0\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n"u8));
    }

    private static void RenderSockstat(Machine machine, ProcText text)
    {
        var (datagram, stream) = machine.Sockets.Count();
        text.Literal("sockets: used "u8).Number((long)(datagram + stream)).NewLine();
        text.Literal("TCP: inuse "u8).Number((long)stream).Literal(" orphan 0 tw 0 alloc "u8).Number((long)stream).Literal(" mem 0\n"u8);
        text.Literal("UDP: inuse 0 mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n"u8);
    }

    /// <summary>No program of the box sends datagrams but to others on it (AF_UNIX), and no router answers.</summary>
    private static void RenderSnmp(Machine machine, ProcText text)
    {
        const string Datagrams = "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors";
        foreach (var protocol in (string[])["Udp", "UdpLite"])
        {
            text.Text(protocol).Literal(": "u8).Text(Datagrams).NewLine();
            text.Text(protocol).Literal(": 0 0 0 0 0 0 0 0 0\n"u8);
        }
    }

    private static void RenderDev(Machine machine, ProcText text)
    {
        text.Literal("Inter-|   Receive                                                |  Transmit\n"u8);
        text.Literal(" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"u8);
        text.Literal("    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n"u8);
    }
}
