using VboxMem.Tools.Predicates;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Filters;

/// <summary>A field by its name.</summary>
public sealed class FieldInfo
{
    internal FieldInfo(FilterField field, string name, Unit? unit, ProcessFiles files, string description)
    {
        Field = field;
        Name = name;
        Unit = unit;
        Files = files;
        Description = description;
    }

    public FilterField Field { get; }

    public string Name { get; }

    /// <summary>What it says, in one line.</summary>
    public string Description { get; }

    /// <summary>It is compared with = != ~ !~; else it is a number.</summary>
    public bool IsText => Unit is null;

    /// <summary>It is known only from a second reading on.</summary>
    public bool NeedsTwoReadings => Field is FilterField.FaultsPerSecond or FilterField.MajorFaultsPerSecond;

    /// <summary>The files of a process that hold it.</summary>
    public ProcessFiles Files { get; }

    internal Unit? Unit { get; }
}
