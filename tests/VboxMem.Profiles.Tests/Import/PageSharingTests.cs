// Goal: how much processes share is chosen so that as many different pages come out as were seen, and never beyond what can be shared.

using VboxMem.Profiles.Import;

namespace VboxMem.Profiles.Tests.Import;

public sealed class PageSharingTests
{
    [Theory]
    [InlineData(300UL, 0UL)]     // nobody shares
    [InlineData(250UL, 50UL)]    // 50 + (100 - 50) + (200 - 50)
    [InlineData(200UL, 100UL)]   // as much as the smaller has
    [InlineData(10UL, 100UL)]    // fewer different pages than that there cannot be
    public void Two_programs_have_in_common_what_makes_so_many_different_pages(ulong different, ulong common) =>
        Assert.Equal([common, Math.Min(common, 200)], PageSharing.CommonPages(["a", "b"], [100, 200], different));

    [Fact]
    public void Processes_of_one_program_share_all_they_have() =>
        Assert.Equal([0UL, 0UL], PageSharing.CommonPages(["a", "a"], [100, 50], 100));

    [Fact]
    public void No_choice_gives_more_different_pages_than_seen_where_one_fits()
    {
        var random = new Random(3);
        for (var round = 0; round < 500; round++)
        {
            var count = random.Next(2, 12);
            var programs = Enumerable.Range(0, count).Select(_ => ((char)('a' + random.Next(4))).ToString()).ToArray();
            var resident = Enumerable.Range(0, count).Select(_ => (ulong)random.Next(0, 500)).ToArray();
            var least = DifferentOf(programs, resident, PageSharing.CommonPages(programs, resident, 0));
            var seen = least + (ulong)random.Next(0, 500);
            var common = PageSharing.CommonPages(programs, resident, seen);
            Assert.True(DifferentOf(programs, resident, common) <= seen);
        }
    }

    private static ulong DifferentOf(string[] programs, ulong[] resident, ulong[] common)
    {
        var pages = common.Max();
        foreach (var program in programs.Distinct())
        {
            pages += Enumerable.Range(0, programs.Length).Where(index => programs[index] == program).Max(index => resident[index] - common[index]);
        }

        return pages;
    }
}
