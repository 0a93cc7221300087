using VboxMem.Session.Console.Commands;
using VboxMem.Session.Console.Shell;

namespace VboxMem.Session.Console;

/// <summary>What can be said of a line before it runs.</summary>
public static class CommandChecks
{
    /// <summary>What is wrong with a line, as far as that can be seen; null: nothing.</summary>
    /// <param name="line">The line.</param>
    /// <param name="groups">The groups of the box; null: not known.</param>
    public static string? ProblemOf(string line, IReadOnlyCollection<string>? groups)
    {
        ShellLine parsed;
        try
        {
            parsed = ShellParser.Parse(line);
        }
        catch (ShellSyntaxException wrong)
        {
            return wrong.Message;
        }

        foreach (var pipeline in parsed.Pipelines)
        {
            foreach (var stage in pipeline.Stages)
            {
                if (ProblemOf(stage, groups) is { } problem)
                {
                    return problem;
                }
            }

            if (pipeline.IsBackground && BackgroundProblemOf(pipeline) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    /// <summary>Whether a line can change the box: then it belongs into the journal.</summary>
    public static bool CanChange(string line)
    {
        try
        {
            return ShellParser.Parse(line).Stages.Any(static stage =>
                stage.Redirections.Any(static redirection => redirection.Kind != RedirectionKind.Input && redirection.Target.Length > 0 && redirection.Target != BoxConsole.NullDevice)
                || CommandTable.Find(CommandTable.NameOf(stage.Words[0].Text))?.CanChange([.. stage.Words.Skip(1).Select(static word => word.Text)]) == true);
        }
        catch (ShellSyntaxException)
        {
            return false;
        }
    }

    /// <summary>Why a pipeline cannot go to the background; null: it can.</summary>
    internal static string? BackgroundProblemOf(ShellPipeline pipeline)
    {
        var isAble = pipeline.Stages.Count == 1 && CommandTable.Find(CommandTable.NameOf(pipeline.Stages[0].Words[0].Text)) is { Start: not null } or null;
        return isAble ? null : "&: only dd, sync, swapon and swapoff go to the background here, each alone";
    }

    private static string? ProblemOf(ShellStage stage, IReadOnlyCollection<string>? groups)
    {
        var name = stage.Words[0].Text;
        if (stage.Words[0].Pattern is not null)
        {
            return null;
        }

        if (CommandTable.Find(CommandTable.NameOf(name)) is not { } command)
        {
            return $"{name}: command not found, allowed {string.Join(", ", CommandTable.Names)}";
        }

        var arguments = stage.Words.Skip(1).ToList();
        return arguments.Exists(static word => word.Pattern is not null) ? null : command.Check(new CommandCheck([.. arguments.Select(static word => word.Text)], groups));
    }
}
