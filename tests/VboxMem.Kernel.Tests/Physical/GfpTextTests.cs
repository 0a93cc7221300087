// Goal: flags read as Linux prints them, and nothing is lost in the words.

using System.Text;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class GfpTextTests
{
    // Every description in the kernel logs of captured machines, then examples from documentation of the kernel.
    [Theory]
    [InlineData("0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO)")]
    [InlineData("0x440dc0(GFP_KERNEL_ACCOUNT|__GFP_COMP|__GFP_ZERO)")]
    [InlineData("0xcc0(GFP_KERNEL)")]
    [InlineData("0x40cc0(GFP_KERNEL|__GFP_COMP)")]
    [InlineData("0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)")]
    [InlineData("0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO)")]
    public void Descriptions_of_real_kernels_are_reproduced(string description)
    {
        var flags = (GfpFlags)Convert.ToUInt32(description[..description.IndexOf('(', StringComparison.Ordinal)], 16);

        Assert.Equal(description, GfpText.Describe(flags));
        Assert.Equal(flags, Parse(Names(flags)));
    }

    [Theory]
    [InlineData(GfpFlags.TransHuge, "GFP_TRANSHUGE")]
    [InlineData(GfpFlags.TransHugeLight, "GFP_TRANSHUGE_LIGHT")]
    [InlineData(GfpFlags.HighUser, "GFP_HIGHUSER")]
    [InlineData(GfpFlags.User, "GFP_USER")]
    [InlineData(GfpFlags.NoFs, "GFP_NOFS")]
    [InlineData(GfpFlags.Atomic, "GFP_ATOMIC")]
    [InlineData(GfpFlags.NoIo, "GFP_NOIO")]
    [InlineData(GfpFlags.NoWait, "GFP_NOWAIT")]
    [InlineData(GfpFlags.Kernel | GfpFlags.Dma32, "GFP_KERNEL|GFP_DMA32")]
    [InlineData(GfpFlags.Atomic | GfpFlags.NoWarn | GfpFlags.Dma, "GFP_ATOMIC|GFP_DMA|__GFP_NOWARN")]
    [InlineData(GfpFlags.DirectReclaim, "__GFP_DIRECT_RECLAIM")]
    [InlineData(GfpFlags.KswapdReclaim, "__GFP_KSWAPD_RECLAIM")]
    [InlineData(GfpFlags.None, "")]
    public void Composite_names_come_first_and_take_their_bits(GfpFlags flags, string names) => Assert.Equal(names, Names(flags));

    [Fact]
    public void Bits_without_a_name_follow_as_a_number()
    {
        Assert.Equal("GFP_KERNEL|0x8000200", Names(GfpFlags.Kernel | (GfpFlags)0x800_0200));
        Assert.Equal("0x200", Names((GfpFlags)0x200));
    }

    // All bits alone, all pairs, and everything at once.
    [Fact]
    public void Names_tell_exactly_the_flags()
    {
        for (var one = 0; one < 24; one++)
        {
            for (var two = one; two < 24; two++)
            {
                var flags = (GfpFlags)((1U << one) | (1U << two));
                Assert.Equal(flags, Parse(Names(flags)));
                Assert.Equal(~flags, Parse(Names(~flags)));
            }
        }
    }

    [Fact]
    public void A_span_too_short_is_refused_and_one_just_long_enough_is_not()
    {
        const GfpFlags flags = GfpFlags.Kernel | GfpFlags.Compound | (GfpFlags)0x200;
        const string text = "GFP_KERNEL|__GFP_COMP|0x200";
        for (var length = 0; length < text.Length; length++)
        {
            Assert.False(GfpText.TryFormat(flags, new char[length], out _));
            Assert.False(GfpText.TryFormat(flags, new byte[length], out _));
        }

        var utf8 = new byte[text.Length];
        Assert.True(GfpText.TryFormat(flags, utf8, out var written));
        Assert.Equal(text, Encoding.UTF8.GetString(utf8.AsSpan(0, written)));
    }

    private static string Names(GfpFlags flags)
    {
        var text = new char[GfpText.MaxLength];
        Assert.True(GfpText.TryFormat(flags, text, out var written));
        return new string(text, 0, written);
    }

    // Names of composites against their bits, as numbers of the kernel's documentation.
    private static GfpFlags Parse(string names)
    {
        var flags = 0U;
        foreach (var name in names.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            flags |= name switch
            {
                "GFP_TRANSHUGE" => 0x1c24ca,
                "GFP_TRANSHUGE_LIGHT" => 0x1c20ca,
                "GFP_HIGHUSER_MOVABLE" => 0x100cca,
                "GFP_HIGHUSER" => 0x100cc2,
                "GFP_USER" => 0x100cc0,
                "GFP_KERNEL_ACCOUNT" => 0x400cc0,
                "GFP_KERNEL" => 0xcc0,
                "GFP_NOFS" => 0xc40,
                "GFP_ATOMIC" => 0x820,
                "GFP_NOIO" => 0xc00,
                "GFP_NOWAIT" => 0x2800,
                "GFP_DMA" => 0x1,
                "__GFP_HIGHMEM" => 0x2,
                "GFP_DMA32" => 0x4,
                "__GFP_MOVABLE" => 0x8,
                "__GFP_RECLAIMABLE" => 0x10,
                "__GFP_HIGH" => 0x20,
                "__GFP_IO" => 0x40,
                "__GFP_FS" => 0x80,
                "__GFP_ZERO" => 0x100,
                "__GFP_DIRECT_RECLAIM" => 0x400,
                "__GFP_KSWAPD_RECLAIM" => 0x800,
                "__GFP_RECLAIM" => 0xc00,
                "__GFP_WRITE" => 0x1000,
                "__GFP_NOWARN" => 0x2000,
                "__GFP_RETRY_MAYFAIL" => 0x4000,
                "__GFP_NOFAIL" => 0x8000,
                "__GFP_NORETRY" => 0x10000,
                "__GFP_MEMALLOC" => 0x20000,
                "__GFP_COMP" => 0x40000,
                "__GFP_NOMEMALLOC" => 0x80000,
                "__GFP_HARDWALL" => 0x100000,
                "__GFP_THISNODE" => 0x200000,
                "__GFP_ACCOUNT" => 0x400000,
                _ => Convert.ToUInt32(name, 16),
            };
        }

        return (GfpFlags)flags;
    }
}
