// What the firmware calls the machine, as stack dumps quote it.
//
// Models   Linux 6.12 drivers/firmware/dmi_scan.c: dmi_format_ids, with what QEMU's firmware on Debian 13 says (captured for
//          the i440FX machine; the Q35 one differs in the product's name).

namespace VboxMem.Kernel.Log;

/// <summary>The texts of <c>Hardware name:</c>.</summary>
public static class HardwareName
{
    private const string Bios = ", BIOS 1.16.2-debian-1.16.2-1 04/01/2014";

    /// <summary>The text for a kind of machine; null for a micro VM, which has no such tables, so that Linux leaves the line out.</summary>
    public static string? Of(MachineKind kind) => kind switch
    {
        MachineKind.Pc => "QEMU Standard PC (i440FX + PIIX, 1996)" + Bios,
        MachineKind.Q35 => "QEMU Standard PC (Q35 + ICH9, 2009)" + Bios,
        _ => null,
    };
}
