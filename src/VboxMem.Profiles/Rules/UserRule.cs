// Users: by the name that every box knows them by, or by number, as chown(1) takes them.

using System.Globalization;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Profiles.Rules;

/// <summary>A user and its primary group.</summary>
internal readonly record struct UserNumber(uint Uid, uint Gid);

internal sealed class UserRule : ValueRule<UserNumber>
{
    public override string TypeName => "user";

    public override string Allowed => $"0..{uint.MaxValue - 1} or one of {string.Join(", ", Accounts.SystemNames)}";

    public override bool TakesNumber => true;

    public override bool TryRead(string text, out UserNumber value, out string problem)
    {
        var name = text.Trim(' ');
        problem = "";
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var uid) && uid != uint.MaxValue)
        {
            value = new UserNumber(uid, Accounts.FindSystem(uid)?.Gid ?? uid);
            return true;
        }

        var account = Accounts.FindSystem(name);
        value = account is null ? default : new UserNumber(account.Uid, account.Gid);
        problem = account is null ? "no such user" : "";
        return account is not null;
    }

    public override string Format(UserNumber value) =>
        Accounts.FindSystem(value.Uid)?.Name ?? value.Uid.ToString(CultureInfo.InvariantCulture);
}
