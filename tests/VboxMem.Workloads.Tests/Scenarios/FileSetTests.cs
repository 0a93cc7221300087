// Goal: a set has the asked size to the byte, real paths, and what is asked for follows the mix whatever its size is.

using VboxMem.Kernel.Time;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Tests.Scenarios;

public sealed class FileSetTests
{
    private static readonly FileMix _site = Scenario.Build(1).Site;

    [Theory]
    [InlineData(1UL << 20, 1)]
    [InlineData(200UL << 20, 1)]
    [InlineData(3UL << 30, 16)]
    [InlineData(1UL << 40, 64)]
    public void Files_add_up_to_the_asked_size_in_as_many_sections_as_it_needs(ulong total, int sections)
    {
        var set = new FileSet("/srv/www", _site, total);
        var sum = 0UL;
        for (var file = 0; file < set.FileCount; file++)
        {
            sum += set.BytesOf(file);
        }

        Assert.Equal(total, sum);
        Assert.Equal(sections * _site.Files.Count, set.FileCount);
    }

    [Fact]
    public void Without_a_size_the_files_have_their_natural_ones()
    {
        var set = new FileSet("/srv/www", _site, 0);
        Assert.Equal(_site.Files.Select(static file => file.Bytes), Enumerable.Range(0, set.FileCount).Select(set.BytesOf));
        Assert.Equal($"/srv/www/{_site.Files[0].Path}", set.PathOf(0));
        Assert.Equal(1 + _site.Files[0].Path.Length, set.UrlLengthOf(0));
        Assert.False(set.IsPage(set.FileCount - 1));
        Assert.True(set.IsPage(set.FileCount));
        Assert.Same(_site.Pages[0], set.PageOf(set.FileCount));
    }

    [Fact]
    public void Paths_are_all_different()
    {
        var set = new FileSet("/srv/www", _site, 1UL << 30);
        Assert.Equal(set.FileCount, Enumerable.Range(0, set.FileCount).Select(set.PathOf).Distinct().Count());
    }

    [Theory]
    [InlineData(200UL << 20)]
    [InlineData(2UL << 30)]
    public void Requests_follow_the_weights_of_the_mix(ulong total)
    {
        const int draws = 200_000;
        var set = new FileSet("/srv/www", _site, total);
        var random = new Prng(5, "test");
        var counts = new int[set.FileCount + _site.Pages.Count];
        var bytes = 0UL;
        for (var i = 0; i < draws; i++)
        {
            var drawn = set.Pick(ref random);
            counts[drawn]++;
            bytes += set.IsPage(drawn) ? set.PageOf(drawn).Bytes : set.BytesOf(drawn);
        }

        var weights = _site.Files.Aggregate(0UL, static (sum, file) => sum + file.Weight) + _site.Pages.Aggregate(0UL, static (sum, page) => sum + page.Weight);
        var pages = counts[set.FileCount..].Sum();
        Assert.InRange(pages, draws * 100 / 1000, draws * 110 / 1000);

        // The first file of the mix, over all sections: an expected value of thousands, so a few per cent.
        var first = Enumerable.Range(0, set.FileCount / _site.Files.Count).Sum(section => counts[section * _site.Files.Count]);
        var expected = (int)(draws * _site.Files[0].Weight / weights);
        Assert.InRange(first, expected * 95 / 100, expected * 105 / 100);
        Assert.InRange(bytes / draws, 50UL << 10, 200UL << 10);
    }

    [Fact]
    public void The_last_page_and_the_first_file_can_be_drawn()
    {
        var set = new FileSet("/srv/www", _site, 0);
        var random = new Prng(1, "test");
        var drawn = new HashSet<int>();
        for (var i = 0; i < 2_000_000; i++)
        {
            drawn.Add(set.Pick(ref random));
        }

        Assert.Contains(0, drawn);
        Assert.Contains(set.FileCount + _site.Pages.Count - 1, drawn);
        Assert.Equal(set.FileCount + _site.Pages.Count, drawn.Count);
    }
}
