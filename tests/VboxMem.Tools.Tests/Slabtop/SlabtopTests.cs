using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Slabtop;

public sealed class SlabtopTests
{
    private static MemoryTree Box(params string[] caches)
    {
        var tree = new MemoryTree();
        tree["/proc/slabinfo"] = "slabinfo - version: 2.1\n# name\n" + string.Concat(caches.Select(cache => cache + "\n"));
        return tree;
    }

    private static readonly string[] Three =
    [
        "dentry 400 483 192 21 1 : tunables 0 0 0 : slabdata 20 23 0",
        "empty 0 0 8448 3 8 : tunables 0 0 0 : slabdata 0 0 0",
        "kmalloc-8 512 512 8 512 1 : tunables 0 0 0 : slabdata 1 1 0",
    ];

    [Fact]
    public void Summary_and_rows()
    {
        // size 400*192 + 512*8 = 80896 of 483*192 + 512*8 = 96832; average 96832/995 = 97 bytes
        Assert.Equal(
            """
             Active / Total Objects (% used)    : 912 / 995 (91.7%)
             Active / Total Slabs (% used)      : 21 / 24 (87.5%)
             Active / Total Caches (% used)     : 2 / 3 (66.7%)
             Active / Total Size (% used)       : 79.00K / 94.56K (83.5%)
             Minimum / Average / Maximum Object : 0.01K / 0.09K / 8.25K

              OBJS ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME                   
               512    512 100%    0.01K      1      512         4K kmalloc-8              
               483    400  82%    0.19K     23       21        92K dentry                 
                 0      0   0%    8.25K      0        3         0K empty                  

            """, Ours.Run(Box(Three), ProcpsVersion.V4_0_4, ["slabtop", "-o"]).Out);
    }

    [Theory]
    [InlineData("n", "dentry empty kmalloc-8")]
    [InlineData("c", "dentry kmalloc-8 empty")]
    [InlineData("s", "empty dentry kmalloc-8")]
    [InlineData("p", "empty dentry kmalloc-8")]
    [InlineData("u", "kmalloc-8 dentry empty")]
    public void Orders(string key, string names)
    {
        var lines = Ours.Run(Box(Three), ProcpsVersion.V4_0_4, ["slabtop", "-o", "-s", key]).Out.TrimEnd('\n').Split('\n')[7..];
        Assert.Equal(names, string.Join(' ', lines.Select(line => line.TrimEnd().Split(' ')[^1])));
    }

    [Fact]
    public void No_cache_at_all_divides_zero_by_zero_as_the_real_one_does()
    {
        var lines = Ours.Run(Box(), ProcpsVersion.V4_0_4, ["slabtop", "-o"]).Out.Split('\n');
        Assert.Equal(" Active / Total Objects (% used)    : 0 / 0 (-nan%)", lines[0]);
        Assert.Equal(" Minimum / Average / Maximum Object : 2097152.00K / 0.00K / 0.00K", lines[4]);
    }

    [Fact]
    public void Json_lists_the_caches_in_the_order_asked_for()
    {
        Assert.Equal(
            """{"caches":[{"name":"a","activeObjects":1,"totalObjects":2,"objectBytes":3,"objectsPerSlab":4,"pagesPerSlab":5,"activeSlabs":6,"totalSlabs":7}]}""" + "\n",
            Ours.Run(Box("a 1 2 3 4 5 : tunables 0 0 0 : slabdata 6 7 0"), ProcpsVersion.V4_0_4, ["slabtop", "-o", "--json"]).Out);
    }

    [Fact]
    public void The_interactive_display_is_refused()
    {
        Assert.Equal(new Outcome("", "slabtop: the interactive display is not part of this command; -o prints once\n", 1),
            Ours.Run(Box(Three), ProcpsVersion.V4_0_4, ["slabtop"]));
    }

    [Fact]
    public void A_truncated_row_is_named()
    {
        Assert.Equal(new Outcome("", "slabtop: Unable to create slabinfo structure: /proc/slabinfo:3: the line ends before objsize, a number\n", 1),
            Ours.Run(Box("dentry 400 483"), ProcpsVersion.V4_0_4, ["slabtop", "-o"]));
    }
}
