// Goal: readers of every kind get the windows that Linux gives them.
// Method: a reader over a modelled cache of one file, which looks where the two-step plans ask it to; and the plans one by one.

using FsCheck.Xunit;
using VboxMem.Kernel.PageCache;

namespace VboxMem.Kernel.Tests.PageCache;

public sealed class ReadaheadTests
{
    private const uint Max = Readahead.DefaultPages;

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 4)]
    [InlineData(3, 8)]
    [InlineData(4, 8)]
    [InlineData(5, 16)]
    [InlineData(8, 16)]
    [InlineData(9, 32)]
    [InlineData(32, 32)]
    [InlineData(200, 32)]
    public void A_first_window_follows_the_request(uint request, uint expected) =>
        Assert.Equal(expected, Readahead.InitialPages(request, Max));

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 4)]
    [InlineData(15, 30)]
    [InlineData(16, 32)]
    [InlineData(17, 32)]
    [InlineData(32, 32)]
    public void A_next_window_grows_up_to_the_limit(uint current, uint expected) =>
        Assert.Equal(expected, Readahead.NextPages(current, Max));

    [Fact]
    public void Reading_single_pages_in_order_reads_4_8_16_32_32()
    {
        var reader = new Reader(filePages: 1000);

        for (var page = 0UL; page <= 60; page++)
        {
            reader.Read(page, 1);
        }

        Assert.Equal([(0UL, 4u), (4UL, 8u), (12UL, 16u), (28UL, 32u), (60UL, 32u), (92UL, 32u)], reader.Windows);
    }

    [Fact]
    public void Reading_128_KiB_in_order_reads_32_32()
    {
        var reader = new Reader(filePages: 1000);

        for (var page = 0UL; page < 96; page += 32)
        {
            reader.Read(page, 32);
        }

        Assert.Equal([(0UL, 32u), (32UL, 32u), (64UL, 32u), (96UL, 32u)], reader.Windows);
    }

    [Fact]
    public void Reading_a_short_file_stops_at_its_end()
    {
        var reader = new Reader(filePages: 10);

        for (var page = 0UL; page < 10; page++)
        {
            reader.Read(page, 1);
        }

        Assert.Equal([(0UL, 4u), (4UL, 6u)], reader.Windows);
    }

    [Fact]
    public void Random_reads_get_what_they_ask_for_and_leave_the_state_alone()
    {
        var reader = new Reader(filePages: 10_000);
        reader.Read(0, 1);
        var before = reader.State;

        reader.Read(5000, 2);
        reader.Read(200, 1);

        Assert.Equal([(0UL, 4u), (5000UL, 2u), (200UL, 1u)], reader.Windows);
        Assert.Equal((before.Start, before.SizePages, before.AsyncPages), (reader.State.Start, reader.State.SizePages, reader.State.AsyncPages));
    }

    [Fact]
    public void A_miss_after_a_cached_run_is_taken_for_a_stream()
    {
        var state = ReadaheadState.Fresh;

        Assert.False(Readahead.TryPlanMiss(ref state, 500, 2, Max, out _));
        Assert.Equal(new ReadaheadWindow(500, 2, 0), Readahead.PlanMissAfterLook(ref state, 500, 2, Max, cachedRun: 2));
        Assert.Equal(0u, state.SizePages);
        Assert.Equal(new ReadaheadWindow(500, 5, 1), Readahead.PlanMissAfterLook(ref state, 500, 2, Max, cachedRun: 3));
        Assert.Equal(new ReadaheadWindow(500, 32, 1), Readahead.PlanMissAfterLook(ref state, 500, 2, Max, cachedRun: 400));
        Assert.Equal(500UL, state.Start);
    }

    [Fact]
    public void A_run_from_the_start_of_the_file_counts_double()
    {
        var state = ReadaheadState.Fresh;

        Assert.Equal(new ReadaheadWindow(5, 11, 1), Readahead.PlanMissAfterLook(ref state, 5, 1, Max, cachedRun: 5));
    }

    [Fact]
    public void A_request_beyond_the_limit_is_read_from_where_it_starts()
    {
        var state = ReadaheadState.Fresh;

        Assert.True(Readahead.TryPlanMiss(ref state, 700, 33, Max, out var window));
        Assert.Equal(new ReadaheadWindow(700, 32, 16), window);
    }

    [Fact]
    public void A_mark_left_by_another_stream_continues_after_what_is_cached()
    {
        var state = ReadaheadState.Fresh;

        Assert.False(Readahead.TryPlanMark(ref state, 100, Max, out _));
        Assert.True(Readahead.TryPlanMarkAfterLook(ref state, 100, 1, Max, cachedRun: 7, out var window));

        Assert.Equal(new ReadaheadWindow(108, 18, 18), window);    // 7 + 1 + 1 pages, doubled
        Assert.False(Readahead.TryPlanMarkAfterLook(ref state, 100, 1, Max, cachedRun: 32, out _));
    }

    [Fact]
    public void A_fresh_reader_gets_nothing_out_of_another_ones_mark_on_the_first_page()
    {
        var state = ReadaheadState.Fresh;

        Assert.True(Readahead.TryPlanMark(ref state, 0, Max, out var window));
        Assert.Equal(0u, window.Pages);
    }

    [Fact]
    public void A_window_cut_by_the_end_of_the_file_keeps_or_loses_its_mark()
    {
        var window = new ReadaheadWindow(10, 8, 4);
        Assert.Equal((true, 14UL), (window.HasMark, window.MarkIndex));

        var cut = window.ClippedTo(15);
        Assert.Equal((5u, true, 11UL), (cut.Pages, cut.HasMark, cut.MarkIndex));
        Assert.False(window.ClippedTo(13).HasMark);
        Assert.Equal(0u, window.ClippedTo(10).Pages);
        Assert.Equal(0u, window.ClippedTo(3).Pages);
    }

    [Fact]
    public void Advice_and_large_transfers_move_the_limit()
    {
        Assert.Equal(64u, Readahead.FilePages(Max, ReadaheadAdvice.Sequential));
        Assert.Equal(32u, Readahead.FilePages(Max, ReadaheadAdvice.Normal));
        Assert.Equal(32u, Readahead.MaxPages(32, requestPages: 32, transferPages: 320));
        Assert.Equal(64u, Readahead.MaxPages(32, requestPages: 64, transferPages: 320));
        Assert.Equal(320u, Readahead.MaxPages(32, requestPages: 512, transferPages: 320));
        Assert.Equal(32u, Readahead.MaxPages(32, requestPages: 512, transferPages: 16));
    }

    [Fact]
    public void A_random_file_is_read_as_asked()
    {
        Assert.Equal(new ReadaheadWindow(9, 3, 0), Readahead.PlanRandom(9, 3, filePages: 32, transferPages: 320));
        Assert.Equal(new ReadaheadWindow(9, 320, 0), Readahead.PlanRandom(9, 400, filePages: 32, transferPages: 320));
        Assert.Equal(new ReadaheadWindow(9, 1, 0), Readahead.PlanRandom(9, 400, filePages: 0, transferPages: 320));
        Assert.False(new ReadaheadWindow(9, 3, 0).HasMark);
    }

    [Fact]
    public void A_fault_reads_around_its_page()
    {
        var state = ReadaheadState.Fresh;

        Assert.True(Readahead.TryPlanFault(ref state, 100, ReadaheadAdvice.Normal, Max, out var window));
        Assert.Equal(new ReadaheadWindow(84, 32, 8), window);
        Assert.Equal(1u, state.MmapMisses);

        Assert.True(Readahead.TryPlanFault(ref state, 5, ReadaheadAdvice.Normal, Max, out window));
        Assert.Equal(new ReadaheadWindow(0, 32, 8), window);
    }

    [Fact]
    public void Advice_for_a_mapping_wins()
    {
        var state = ReadaheadState.Fresh;

        Assert.False(Readahead.TryPlanFault(ref state, 100, ReadaheadAdvice.Random, Max, out _));
        Assert.True(Readahead.TryPlanFault(ref state, 100, ReadaheadAdvice.Sequential, Max, out var window));
        Assert.Equal(new ReadaheadWindow(100, 32, 0), window);
        Assert.True(Readahead.TryPlanFault(ref state, 0, ReadaheadAdvice.Sequential, Max, out window));
        Assert.Equal(new ReadaheadWindow(0, 32, 16), window);
        Assert.Equal(0u, state.MmapMisses);
    }

    [Fact]
    public void Reading_around_stops_after_100_net_misses_and_hits_bring_it_back()
    {
        var state = ReadaheadState.Fresh;
        var readAround = 0;
        for (var fault = 0; fault < 2000; fault++)
        {
            readAround += Readahead.TryPlanFault(ref state, 1000, ReadaheadAdvice.Normal, Max, out _) ? 1 : 0;
        }

        Assert.Equal(100, readAround);
        Assert.Equal(1000u, state.MmapMisses);

        state.NoteMmapHits(900);
        Assert.False(Readahead.TryPlanFault(ref state, 1000, ReadaheadAdvice.Normal, Max, out _));
        state.NoteMmapHits(2);
        Assert.True(Readahead.TryPlanFault(ref state, 1000, ReadaheadAdvice.Normal, Max, out _));
        state.NoteMmapHits(5000);
        Assert.Equal(0u, state.MmapMisses);
    }

    [Property(MaxTest = 300)]
    public bool Windows_are_never_empty_nor_beyond_the_limit(uint at, byte request, byte limit, ushort run, uint previous, bool isMark)
    {
        var index = at + 1UL;
        var state = ReadaheadState.Fresh;
        state.PreviousPosition = (ulong)previous << 12;
        var max = limit + 1u;
        var wanted = request + 1u;
        bool planned;
        ReadaheadWindow window;
        if (isMark)
        {
            planned = Readahead.TryPlanMark(ref state, index, max, out window)
                || Readahead.TryPlanMarkAfterLook(ref state, index, wanted, max, run, out window);
        }
        else
        {
            planned = true;
            if (!Readahead.TryPlanMiss(ref state, index, wanted, max, out window))
            {
                window = Readahead.PlanMissAfterLook(ref state, index, wanted, max, Math.Min(run, index));
            }
        }

        return !planned || (window.Pages >= 1 && window.Pages <= max && window.Start >= index && window.AsyncPages <= window.Pages);
    }

    [Property(MaxTest = 100)]
    public void A_reader_gets_every_page_it_asks_for(ushort[] jumps, byte step)
    {
        var reader = new Reader(filePages: 4096);
        foreach (var jump in jumps)
        {
            var pages = (uint)(step % 40) + 1;
            reader.Read(Math.Min((uint)(jump % 4096), 4096 - pages), pages);   // asserts that each page is there
        }
    }

    /// <summary>Reads a file through a cache that keeps everything, as the page cache would.</summary>
    private sealed class Reader(ulong filePages)
    {
        private readonly bool[] _cached = new bool[filePages];
        private readonly bool[] _marked = new bool[filePages];
        private ReadaheadState _state = ReadaheadState.Fresh;

        public List<(ulong Start, uint Pages)> Windows { get; } = [];

        public ReadaheadState State => _state;

        public void Read(ulong start, uint pages)
        {
            for (var page = start; page < start + pages; page++)
            {
                var rest = (uint)(start + pages - page);
                if (!_cached[page])
                {
                    Submit(Miss(page, rest));
                }

                Assert.True(_cached[page]);
                if (_marked[page])
                {
                    _marked[page] = false;
                    if (Readahead.TryPlanMark(ref _state, page, Max, out var window)
                        || Readahead.TryPlanMarkAfterLook(ref _state, page, rest, Max, RunAfter(page), out window))
                    {
                        Submit(window);
                    }
                }
            }

            _state.PreviousPosition = (start + pages) << 12;
        }

        private ReadaheadWindow Miss(ulong page, uint rest) =>
            Readahead.TryPlanMiss(ref _state, page, rest, Max, out var window)
                ? window
                : Readahead.PlanMissAfterLook(ref _state, page, rest, Max, RunBefore(page));

        private void Submit(ReadaheadWindow planned)
        {
            var window = planned.ClippedTo(filePages);
            var fresh = 0u;
            for (var page = window.Start; page < window.Start + window.Pages; page++)
            {
                if (!_cached[page])
                {
                    fresh++;
                    _cached[page] = true;
                    _marked[page] = window.HasMark && page == window.MarkIndex;
                }
            }

            if (fresh > 0)
            {
                Windows.Add((window.Start, window.Pages));
            }
        }

        private ulong RunBefore(ulong page)
        {
            var run = 0UL;
            while (run < page && _cached[page - 1 - run])
            {
                run++;
            }

            return run;
        }

        private ulong RunAfter(ulong page)
        {
            var run = 0UL;
            while (page + 1 + run < filePages && _cached[page + 1 + run])
            {
                run++;
            }

            return run;
        }
    }
}
