// Goal: a request takes the calls it takes in nginx and no more, and what fails costs one client its answer, not the worker its life.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Malloc;
using VboxMem.Workloads.Programs;

namespace VboxMem.Workloads.Tests;

public sealed class NginxWorkerTests
{
    private const ulong AccessLogDescriptor = 11;
    private const ulong ErrorLogDescriptor = 12;
    private const int Requests = 20_000;

    private static readonly ProgramParameters _parameters = new(RequestsPerSecond: 200, Workers: 2, Connections: 8, SizeBytes: 64 << 20);

    [Fact]
    public void It_becomes_www_data_makes_its_tables_and_waits_for_the_first_client()
    {
        var kernel = Script(out _).Run(200);
        Assert.Equal(new Request(RequestKind.SetIdentity, 33, 33), kernel.Requests[0]);
        Assert.Equal("nginx: worker process", kernel.Requests[1].Path);
        Assert.True(kernel.Requests.FindIndex(static request => request.Kind == RequestKind.Poll)
            < kernel.Requests.FindIndex(static request => request.Kind == RequestKind.Accept));
    }

    [Fact]
    public void A_file_is_read_parsed_opened_sent_closed_and_answered_a_page_is_made()
    {
        var kernel = Script(out _).Run(Requests);
        var kinds = string.Concat(kernel.Requests.Select(static request => request.Kind switch
        {
            RequestKind.Read => 'r',
            RequestKind.Touch => 't',
            RequestKind.Open => 'o',
            RequestKind.SendFile => 's',
            RequestKind.Close => 'c',
            RequestKind.Respond => 'A',
            _ => '-',
        }));

        var answers = kinds.Count(static kind => kind == 'A');
        var files = Count(kinds, "rtoscA");
        var pages = Count(kinds, "rttA");
        var largeFiles = Count(kinds, "rtossscA") + Count(kinds, "rtosscA") + Count(kinds, "rtosssscA");
        Assert.InRange(files + pages + largeFiles, answers * 99 / 100, answers);
        Assert.InRange(pages, answers / 15, answers / 6);
        Assert.InRange(kernel.Requests.Count / answers, 6, 8);
    }

    [Fact]
    public void It_sends_every_byte_of_a_file_in_parts_of_2_MiB_at_most()
    {
        var kernel = Script(out _).Run(Requests);
        Request? file = null;
        var sent = 0UL;
        var ended = 0;
        foreach (var request in kernel.Requests)
        {
            switch (request.Kind)
            {
                case RequestKind.Open:
                    file = request;
                    sent = 0;
                    break;
                case RequestKind.SendFile:
                    Assert.InRange(request.B, 1UL, 2UL << 20);
                    sent += request.B;
                    break;
                case RequestKind.Respond when file is { } whole:
                    Assert.Equal(whole.B, sent);
                    file = null;
                    ended++;
                    break;
            }
        }

        Assert.True(ended > 1000, $"only {ended} files");
    }

    [Fact]
    public void Answers_come_at_the_asked_rate_and_carry_the_time_of_the_request()
    {
        var kernel = Script(out _).Run(Requests);
        var seconds = kernel.Times[^1] / 1_000_000_000;
        var answers = kernel.Of(RequestKind.Respond).ToArray();
        Assert.InRange((ulong)answers.Length, 100 * seconds * 90 / 100, 100 * seconds * 110 / 100);
        Assert.All(answers, static answer => Assert.Equal("web", answer.Path));
        Assert.True(answers.Zip(answers.Skip(1)).All(static pair => pair.First.C < pair.Second.C), "requests are answered in order");
    }

    [Fact]
    public void A_slow_worker_finds_its_clients_waiting_and_does_not_poll()
    {
        var kernel = Script(out _);
        kernel.Costs[RequestKind.Respond] = 20_000_000;   // 50 a second at best, 100 are asked for
        kernel.Run(Requests);

        var answers = kernel.Requests.Index().Where(static pair => pair.Item.Kind == RequestKind.Respond).ToArray();
        var (at, last) = answers[^1];
        var waited = kernel.Times[at] + 100_000_000_000 - last.C;
        Assert.InRange(waited, kernel.Times[^1] * 40 / 100, kernel.Times[^1] * 60 / 100);
        Assert.True(kernel.Of(RequestKind.Poll).Count() < answers.Length / 20);
    }

    [Fact]
    public void The_log_is_written_in_whole_buffers_and_every_answer_has_its_line()
    {
        var kernel = Script(out var worker).Run(Requests);
        var written = kernel.Of(RequestKind.Write).ToArray();
        var answers = (ulong)kernel.Of(RequestKind.Respond).Count();

        Assert.All(written, static write => Assert.Equal(AccessLogDescriptor, write.A));
        Assert.InRange(worker.Log.Lines, answers - 1, answers);
        Assert.Equal(worker.Log.Bytes, written.Aggregate(worker.Log.Waiting, static (sum, write) => sum + write.B));
        Assert.InRange(worker.Log.Bytes / worker.Log.Lines, 120UL, 300UL);
        Assert.All(written, static write => Assert.InRange(write.B, 30UL << 10, AccessLog.BufferBytes));
    }

    [Fact]
    public void What_is_logged_waits_five_seconds_at_most()
    {
        var kernel = Script(out _, _parameters with { RequestsPerSecond = 2 }).Run(4000);
        var writes = kernel.Requests.Index().Where(static pair => pair.Item.Kind == RequestKind.Write).Select(pair => kernel.Times[pair.Index]).ToArray();
        Assert.True(writes.Length > 20);
        Assert.All(writes.Zip(writes.Skip(1)), static pair => Assert.InRange(pair.Second - pair.First, 5_000_000_000UL, 20_000_000_000UL));
    }

    [Fact]
    public void Connections_are_kept_and_now_and_then_replaced_each_with_a_buffer()
    {
        var kernel = Script(out _).Run(Requests);
        var accepted = kernel.Of(RequestKind.Accept).Count();
        var closed = kernel.Of(RequestKind.Close).Count(static close => close.A >= ScriptedKernel.FirstConnection);
        var answers = kernel.Of(RequestKind.Respond).Count();

        Assert.InRange(accepted - closed, 0, 8);
        Assert.InRange(closed, answers / 40, answers / 25);
    }

    [Theory]
    [InlineData(RequestKind.Accept)]
    [InlineData(RequestKind.SendFile)]
    public void Without_memory_for_a_client_it_writes_to_the_error_log_and_goes_on(RequestKind refused)
    {
        var kernel = Script(out var worker);
        kernel.Refusals[(refused, 3)] = SystemCallError.NoMemory;
        kernel.Run(Requests);

        Assert.Equal(1, kernel.Of(RequestKind.Write).Count(static write => write.A == ErrorLogDescriptor));
        var asked = kernel.Of(RequestKind.Read).Count() + (refused == RequestKind.Accept ? 1 : 0);
        Assert.InRange(asked - kernel.Of(RequestKind.Respond).Count(), 1, 2);
        Assert.InRange(worker.Log.Lines, 2000UL, 4000UL);
    }

    [Fact]
    public void A_file_it_cannot_open_is_answered_with_500()
    {
        var kernel = Script(out _);
        kernel.Refusals[(RequestKind.Open, 0)] = SystemCallError.NoMemory;
        kernel.Run(400);

        var open = kernel.Requests.FindIndex(static request => request.Kind == RequestKind.Open);
        Assert.Equal((RequestKind.Write, ErrorLogDescriptor), (kernel.Requests[open + 1].Kind, kernel.Requests[open + 1].A));
        Assert.Equal(RequestKind.Respond, kernel.Requests[open + 2].Kind);
    }

    [Fact]
    public void A_connection_that_gets_no_buffer_is_closed_and_its_slot_can_be_used_again()
    {
        var before = Script(out _).Run(Requests).Requests;
        var refused = 1 + before.Zip(before.Skip(1)).Index().First(
            static pair => pair.Item is { First.Kind: RequestKind.Accept, Second.Kind: RequestKind.Brk }).Index;
        var kernel = Script(out _);
        kernel.Refusals[(RequestKind.Brk, before[..refused].Count(static request => request.Kind == RequestKind.Brk))] = SystemCallError.NoMemory;
        kernel.Run(Requests);

        Assert.Equal(RequestKind.Close, kernel.Requests[refused + 1].Kind);
        Assert.Equal((RequestKind.Write, ErrorLogDescriptor), (kernel.Requests[refused + 2].Kind, kernel.Requests[refused + 2].A));
        Assert.Contains(kernel.Requests[(refused + 3)..], static request => request.Kind == RequestKind.Respond);
    }

    [Fact]
    public void Without_memory_for_its_tables_it_ends_with_2()
    {
        var kernel = Script(out _);
        kernel.Refusals[(RequestKind.Mmap, 0)] = SystemCallError.NoMemory;
        Assert.Equal(new Request(RequestKind.Exit, 2), kernel.Run().Requests[^1]);
    }

    [Fact]
    public void A_full_disk_costs_it_lines_and_nothing_else()
    {
        var kernel = Script(out var worker);
        kernel.Refusals[(RequestKind.Write, 0)] = SystemCallError.NoSpace;
        kernel.Run(Requests);

        Assert.True(kernel.Of(RequestKind.Write).Count() > 5);
        Assert.InRange(worker.Log.Lines, 2000UL, 4000UL);
    }

    [Fact]
    public void TERM_ends_it_after_the_request_at_hand_QUIT_after_its_log_is_written()
    {
        var terminated = Script(out _);
        terminated.Signals[500] = Signal.Terminate;
        terminated.Run(Requests);
        Assert.Equal(new Request(RequestKind.Exit), terminated.Requests[^1]);
        Assert.InRange(terminated.Requests.Count, 501, 515);
        Assert.Empty(terminated.Of(RequestKind.Write));

        var quit = Script(out var worker);
        quit.Signals[500] = Signal.Quit;
        quit.Run(Requests);
        Assert.Equal([RequestKind.Write, RequestKind.Exit], quit.Kinds.TakeLast(2));
        Assert.Equal(worker.Log.Bytes, quit.Requests[^2].B);
    }

    [Fact]
    public void USR1_opens_the_log_anew_and_closes_the_old_one()
    {
        var kernel = Script(out _);
        kernel.Signals[500] = Signal.User1;
        kernel.Run(2500);

        var open = kernel.Requests.FindIndex(static request => request.Path == "/var/log/nginx/access.log");
        Assert.InRange(open, 501, 515);
        Assert.Equal((ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Append), kernel.Requests[open].A);
        Assert.Equal(new Request(RequestKind.Close, AccessLogDescriptor), kernel.Requests[open + 1]);
        Assert.All(kernel.Of(RequestKind.Write), static write => Assert.Equal(ScriptedKernel.Descriptor, write.A));
        Assert.NotEmpty(kernel.Of(RequestKind.Write));
    }

    private static ScriptedKernel Script(out NginxWorker worker, ProgramParameters? parameters = null)
    {
        var setting = Programs.Setting("nginx", parameters ?? _parameters, "web");
        worker = new NginxWorker(setting, 0, NginxShared.For(setting), new GlibcHeap(), AccessLogDescriptor, ErrorLogDescriptor, workers: 2);
        return new ScriptedKernel(worker);
    }

    private static int Count(string text, string part)
    {
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }
}
