// Goal: each form of the grammar and each field says what it means; each mistake is one line with its place and what is allowed.
// Method: tables of texts on one process.

using VboxMem.Tools.Filters;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Tests.Filters;

public sealed class ProcessFilterTests
{
    [Theory]
    [InlineData("rss > 50MiB and (user = www-data or name ~ nobody)")]
    [InlineData("rss = 60M and rss == 61440k and rss >= 60MiB and rss <= 15360pages and rss != 61MiB and rss < 1G")]
    [InlineData("pid = 812 and ppid = 1 and uid = 33 and gid = 33 and group = www-data")]
    [InlineData("anon = 50MiB and file = 8MiB and shmem = 2MiB and shr = 10MiB and pss < rss and uss < pss and swap = 0 and vsz = 2GiB")]
    [InlineData("mem > 5 and mem < 7% and cpu = 12.5 and cpu = 12.5%")]
    [InlineData("oom_score = 700 and oom_score_adj = -500 and adj < 0 and nice = -5 and nice < - 4 and threads = 4")]
    [InlineData("time = 1m35s and start = 30s and elapsed > 1h and elapsed = 1.5h")]
    [InlineData("minflt = 70000 and majflt = 12 and faults/s = 1500 and faults/s > 1000/s and majfaults/s < 1 and minflt/s > majflt/s")]
    [InlineData("state = D and state ~ [DR] and tty = ? and wchan ~ wait and s != R")]
    [InlineData("name = leaky-service-w and name = leaky-service-worker and name != leaky-service and name ~ ^LEAKY and name !~ y$")]
    [InlineData("cmd ~ --mode=fast and cmd ~ \"\\(a\\)$\" and cmd ~ '\"?/usr' and args ~ a{0,3}")]
    [InlineData("leaky")]
    [InlineData("LEAK and /usr/bin/leaky and \"(a)\" and 'mode=f' and --mode")]
    [InlineData("not nginx and not not leaky and not (nginx or apache)")]
    [InlineData("leaky or nginx and nginx")]
    [InlineData("(leaky)")]
    [InlineData("rss>50MiB and(state=D)and not(state=R)")]
    [InlineData("\t rss\t>  50MiB ")]
    [InlineData("\"rss\" or \"and\" or leaky")]
    public void What_holds(string text) => Assert.True(Parse(text).Matches(AProcess.Leaky()), text);

    [Theory]
    [InlineData("rss > 60MiB")]
    [InlineData("nginx and leaky or nginx")]
    [InlineData("nginx and (leaky or leaky)")]
    [InlineData("name = leaky-service")]
    [InlineData("name = LEAKY-SERVICE-W")]
    [InlineData("name ~ ^service")]
    [InlineData("[leaky]")]
    [InlineData("user != www-data")]
    [InlineData("not leaky")]
    public void What_does_not_hold(string text) => Assert.False(Parse(text).Matches(AProcess.Leaky()), text);

    [Theory]
    [InlineData("pss > 1MiB", false)]
    [InlineData("not pss > 1MiB", false)]
    [InlineData("pss > 1MiB or leaky", true)]
    [InlineData("not (pss > 1MiB and nginx)", true)]
    [InlineData("not (pss > 1MiB and leaky)", false)]
    [InlineData("rss > pss", false)]
    [InlineData("wchan != x", false)]
    [InlineData("leaky and wchan !~ x", false)]
    public void What_hangs_on_the_unknown_does_not_hold(string text, bool holds) =>
        Assert.Equal(holds, Parse(text).Matches(AProcess.Leaky().Without(FilterField.Proportional).Without(FilterField.WaitChannel)));

    [Theory]
    [InlineData("", "column 1: empty, allowed is such as rss > 50MiB, or a word of a name")]
    [InlineData("rsss > 5M", "column 1: rsss is no field, nearest is rss")]
    [InlineData("leaky or usr = x", "column 10: usr is no field, nearest is user")]
    [InlineData("zzzzzzzz > 5", "column 1: zzzzzzzz is no field, allowed pid, ppid, name, cmd, user, uid, group, gid, state, tty, wchan, rss, anon, file, shmem, shr, pss, uss, swap, vsz, mem, oom_score, oom_score_adj, nice, threads, cpu, time, start, elapsed, minflt, majflt, faults/s, majfaults/s")]
    [InlineData("\"rss\" > 5M", "column 1: a quoted word cannot be compared, allowed in front of > is a field")]
    [InlineData("rss", "column 4: the end cannot follow, allowed = != < <= > >= behind the field rss; to look for the word write \"rss\"")]
    [InlineData("name and leaky", "column 6: and cannot follow, allowed = != ~ !~ behind the field name; to look for the word write \"name\"")]
    [InlineData("rss > 5", "column 1: rss measures bytes, which cannot be compared with a number without a unit, give the number a unit, as in 200MiB")]
    [InlineData("rss > 5s", "column 1: rss measures bytes, which cannot be compared with a time")]
    [InlineData("pid > 5%", "column 1: pid measures a count, which cannot be compared with a percentage")]
    [InlineData("minflt > 5/s", "column 1: minflt measures a count, which cannot be compared with a count a second, a rate is compared with a rate, as in 50MiB/s")]
    [InlineData("rss > 5Q", "column 8: no unit is called Q, allowed B k kB KiB M MiB G GiB T TiB pages; us ms s m min h d; %")]
    [InlineData("rss > 5M4", "column 9: a name starts with a letter, and behind a number stands a blank")]
    [InlineData("rss > 999999999999999999999999999999", "column 7: the number is too large")]
    [InlineData("rss > name", "column 7: name cannot stand behind rss >, allowed is a number, such as 50MiB, or a field that is one")]
    [InlineData("pid >", "column 6: the end cannot stand behind pid >, allowed is a number or a field that is one")]
    [InlineData("pid > -x", "column 8: x cannot stand behind a minus, allowed is a number")]
    [InlineData("rss > pid", "column 7: rss measures bytes, pid a count")]
    [InlineData("rss ~ 5", "column 1: rss is a number, for which ~ means nothing, allowed = != < <= > >=")]
    [InlineData("name < b", "column 1: name is text, for which < means nothing, allowed = != ~ !~")]
    [InlineData("name =", "column 7: the end cannot stand behind =, allowed is a word, or anything in quotation marks")]
    [InlineData("name = and x", "column 8: and cannot stand behind =, allowed is a word, or anything in quotation marks")]
    [InlineData("name = (x)", "column 8: ( cannot stand behind =, allowed is a word, or anything in quotation marks")]
    [InlineData("state = Q", "column 9: Q is no state, allowed R S D T t Z X I")]
    [InlineData("state = DZ", "column 9: DZ is no state, allowed R S D T t Z X I")]
    [InlineData("name ~ \"a(\"", "column 8: no regular expression: insufficient closing parentheses at its character 2")]
    [InlineData("name ~ \"(?=a)\"", "column 8: the expression looks around or back at itself, allowed are sets, groups, |, ^ $ . * + ? and {n,m}")]
    [InlineData("name ~ \"(a)\\1\"", "column 8: the expression looks around or back at itself, allowed are sets, groups, |, ^ $ . * + ? and {n,m}")]
    [InlineData("name ~ a{99}{99}", "column 8: the expression repeats too much, allowed are 2000 characters with repetitions written out")]
    [InlineData("name ~ a{3,99999999999}", "column 8: the expression repeats too much, allowed are 2000 characters with repetitions written out")]
    [InlineData("\"leaky", "column 1: the quotation mark is not closed")]
    [InlineData("\"\"", "column 1: \"\" cannot stand here, allowed is a field, a word of a name, not or (")]
    [InlineData("leaky nginx", "column 7: nginx cannot follow, allowed and, or, or the end")]
    [InlineData("leaky && nginx", "column 7: && cannot follow, allowed and, or, or the end")]
    [InlineData("leaky and", "column 10: the end cannot stand here, allowed is a field, a word of a name, not or (")]
    [InlineData("and leaky", "column 1: and cannot stand here, allowed is a field, a word of a name, not or (")]
    [InlineData("!leaky", "column 1: ! is not known here, write not")]
    [InlineData("(leaky or nginx", "column 16: the end cannot follow, allowed and, or, or ) for the parenthesis of column 1")]
    [InlineData("leaky)", "column 6: ) cannot follow, allowed and, or, or the end")]
    [InlineData("> 5", "column 1: > cannot stand here, allowed is a field, a word of a name, not or (")]
    [InlineData("rs\n\u202e = 5", "column 1: rs?? is no field, nearest is rss")]
    public void Mistakes_are_told_with_their_place_and_what_is_allowed(string text, string problem)
    {
        Assert.Null(ProcessFilter.TryParse(text, out var told));
        Assert.Equal(problem, told);
    }

    [Fact]
    public void Length_and_nesting_are_bounded()
    {
        Assert.Null(ProcessFilter.TryParse(new string('a', 1001), out var problem));
        Assert.Equal("column 1001: too long, allowed are 1000 characters", problem);
        Assert.Null(ProcessFilter.TryParse(new string('(', 51) + "a", out problem));
        Assert.Equal("column 51: nested too deeply, allowed are 50 levels", problem);
        Parse(new string('(', 50) + "a" + new string(')', 50));
        Parse(string.Join(" or ", Enumerable.Repeat("a", 200)));
    }

    [Fact]
    public void Only_the_files_of_what_is_named_are_asked_for()
    {
        Assert.Equal(ProcessFiles.Stat, Parse("pid > 1 and state = R and majflt > 3").Files);
        Assert.Equal(ProcessFiles.Status | ProcessFiles.Rollup, Parse("pss > 1M or uss > 1M").Files);
        Assert.Equal(ProcessFiles.OomScore | ProcessFiles.WaitChannel, Parse("oom_score > 3 and wchan ~ x").Files);
        Assert.Equal(ProcessFiles.Stat | ProcessFiles.Status | ProcessFiles.CommandLine, Parse("leaky").Files);
        Assert.Equal(ProcessFiles.Statm | ProcessFiles.OomScoreAdjustment, Parse("not shr > 1M and adj = 0").Files);
        Assert.Null(Parse("minflt > 1").FirstRate);
        Assert.Equal("majfaults/s", Parse("leaky and majflt/s > 1").FirstRate);
    }

    [Fact]
    public void Every_field_has_a_line_in_the_readme()
    {
        var readme = File.ReadAllText(Path.Combine(Testing.SourceTree.Root, "src/VboxMem.Tools/Filters/README.md"));
        Assert.All(ProcessFilter.KnownFields, field => Assert.Contains($"`{field.Name}`", readme, StringComparison.Ordinal));
        Assert.Equal(Enum.GetValues<FilterField>().Length, ProcessFilter.KnownFields.Count);
    }

    private static ProcessFilter Parse(string text) => ProcessFilter.TryParse(text, out var problem) ?? throw new Xunit.Sdk.XunitException($"{text}: {problem}");
}
