using VboxMem.Tools.Filters;

namespace VboxMem.Tools.Tests.Filters;

/// <summary>A process as a filter sees it: what was put in is known.</summary>
internal sealed class AProcess : IProcessFigures
{
    private readonly SortedDictionary<FilterField, object> _values = [];

    /// <summary>A leaky service on a busy box, of which every field is known.</summary>
    public static AProcess Leaky() => new AProcess()
        .With(FilterField.Pid, 812).With(FilterField.ParentPid, 1).With(FilterField.Name, "leaky-service-w").With(FilterField.CommandLine, "/usr/bin/leaky --mode=fast (a)")
        .With(FilterField.User, "www-data").With(FilterField.UserId, 33).With(FilterField.Group, "www-data").With(FilterField.GroupId, 33)
        .With(FilterField.State, "D").With(FilterField.Terminal, "?").With(FilterField.WaitChannel, "folio_wait_bit")
        .With(FilterField.Resident, 60 << 20).With(FilterField.Anonymous, 50 << 20).With(FilterField.File, 8 << 20).With(FilterField.Shmem, 2 << 20).With(FilterField.Shared, 10 << 20)
        .With(FilterField.Proportional, 55 << 20).With(FilterField.Unique, 52 << 20).With(FilterField.Swapped, 0).With(FilterField.Virtual, 1L << 31).With(FilterField.Memory, 0.06m)
        .With(FilterField.OomScore, 700).With(FilterField.OomScoreAdjustment, -500).With(FilterField.Nice, -5).With(FilterField.Threads, 4)
        .With(FilterField.Cpu, 0.125m).With(FilterField.Time, 95).With(FilterField.Start, 30).With(FilterField.Elapsed, 5400)
        .With(FilterField.MinorFaults, 70000).With(FilterField.MajorFaults, 12).With(FilterField.FaultsPerSecond, 1500).With(FilterField.MajorFaultsPerSecond, 0.5m);

    public AProcess With(FilterField field, decimal number)
    {
        _values[field] = number;
        return this;
    }

    public AProcess With(FilterField field, string text)
    {
        _values[field] = text;
        return this;
    }

    public AProcess Without(FilterField field)
    {
        _values.Remove(field);
        return this;
    }

    public bool TryGetNumber(FilterField field, out decimal number)
    {
        number = _values.TryGetValue(field, out var value) ? (decimal)value : 0;
        return value is not null;
    }

    public bool TryGetText(FilterField field, out string text)
    {
        text = _values.TryGetValue(field, out var value) ? (string)value : "";
        return value is not null;
    }
}
