// What loading a profile gives: the profile, or everything that is wrong with it.

using VboxMem.Kernel;
using VboxMem.Workloads;

namespace VboxMem.Profiles;

/// <summary>A box, checked and ready to boot.</summary>
public sealed class Profile
{
    private readonly string _effectiveJson;

    internal Profile(
        string name, string description, MachineConfiguration machine, WorkloadConfiguration workload, string effectiveJson)
    {
        Name = name;
        Description = description;
        Machine = machine;
        Workload = workload;
        _effectiveJson = effectiveJson;
    }

    public string Name { get; }

    /// <summary>One line; may be empty.</summary>
    public string Description { get; }

    public MachineConfiguration Machine { get; }

    public WorkloadConfiguration Workload { get; }

    /// <summary>
    /// All settings after layering, as canonical JSON text ending in a newline. Loaded again without environment and
    /// options it gives an equal machine: this is what a recorded run keeps.
    /// </summary>
    public string EffectiveJson() => _effectiveJson;
}

/// <summary>A profile, or the lines that say why there is none.</summary>
public sealed class ProfileResult
{
    internal ProfileResult(Profile? profile, IReadOnlyList<string> errors)
    {
        Profile = profile;
        Errors = errors;
    }

    /// <summary>The profile; null exactly when there are <see cref="Errors"/>.</summary>
    public Profile? Profile { get; }

    /// <summary>One line for each mistake: source, key, value, and what is allowed.</summary>
    public IReadOnlyList<string> Errors { get; }
}
