using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Programs.Ssh;

/// <summary>One login. Immutable.</summary>
/// <param name="Person">Who.</param>
/// <param name="Slot">Number of the pseudo-terminal.</param>
/// <param name="Serial">Which login since the listener started, from 1.</param>
internal sealed record SshLogin(Account Person, int Slot, int Serial)
{
    private const int FirstTerminal = 34816;

    /// <summary>Number of pts/N.</summary>
    public int Terminal => FirstTerminal + Slot;

    /// <summary>Where pam_systemd puts the session.</summary>
    public string Cgroup => $"/user.slice/user-{Person.Uid}.slice/session-{Serial}.scope";
}
