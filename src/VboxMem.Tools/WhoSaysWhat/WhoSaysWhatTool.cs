// who-says-what: the used and the available memory of one machine as different programs would state them, with the arithmetic.
//
// Reads   /proc/meminfo.

using System.Globalization;
using System.Text;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.WhoSaysWhat;

public static class WhoSaysWhatTool
{
    public const string Name = "who-says-what";

    private const int ProgramWidth = 14;
    private const int FigureWidth = 12;
    private const decimal KilobytesPerMebibyte = 1024;

    private const string Usage =
        """
        Usage: who-says-what [-k] [-q] [--json]

          -k --kibi     kB instead of MiB
          -q --quiet    without the arithmetic
             --json     the statements as JSON, in kB
          -h --help     this text

        """;

    private static readonly LongOption[] _longOptions =
    [
        new("kibi", OptionArgument.None, 'k'),
        new("quiet", OptionArgument.None, 'q'),
        new("json", OptionArgument.None, 'J'),
        new("help", OptionArgument.None, 'h'),
    ];

    /// <summary>Runs who-says-what. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () =>
        {
            var parser = new GetOptLong(arguments, "kqh", _longOptions, Usage);
            var (inKilobytes, isQuiet, isJson) = (false, false, false);
            while (parser.TryNext(out var id))
            {
                if (id == 'h') return ToolSession.PrintUsage(context, Usage);
                inKilobytes |= id == 'k';
                isQuiet |= id == 'q';
                isJson |= id == 'J';
            }

            if (parser.Operands.Count > 0) throw new UsageException("", Usage);
            var statements = Read(context);
            if (isJson)
            {
                JsonText.WriteLine(context.Out, statements, WriteJson);
                return ToolSession.Success;
            }

            WriteTable(context.Out, statements, inKilobytes);
            if (!isQuiet) WriteArithmetic(context.Out, statements);
            return ToolSession.Success;
        });

    /// <summary>Reads the model that who-says-what prints.</summary>
    /// <exception cref="ToolException">meminfo cannot be read or is malformed.</exception>
    public static IReadOnlyList<Statement> Read(ToolContext context) => Statements.About(
        ToolSession.Load<Meminfo>(context, Meminfo.Path, Meminfo.Parse, static errno =>
            errno == Errno.None ? $"cannot use {Meminfo.Path}" : $"cannot read {Meminfo.Path}: {errno.Describe()}"));

    private static void WriteTable(TextWriter writer, IReadOnlyList<Statement> statements, bool inKilobytes)
    {
        writer.Left(inKilobytes ? "kB" : "MiB", ProgramWidth);
        foreach (var heading in (ReadOnlySpan<string>)["used", "available", "swap used"]) writer.Right(heading, FigureWidth);
        writer.Write('\n');
        foreach (var statement in statements)
        {
            writer.Left(statement.Program, ProgramWidth);
            foreach (var sum in (ReadOnlySpan<Sum?>)[statement.Used, statement.Available, statement.SwapUsed])
                writer.Right(Size(sum, inKilobytes), FigureWidth);
            writer.Write('\n');
        }
    }

    private static string Size(Sum? sum, bool inKilobytes) => sum is null ? "-"
        : inKilobytes ? sum.Kilobytes.ToString(CultureInfo.InvariantCulture)
        : (sum.Kilobytes / KilobytesPerMebibyte).ToString("0.0", CultureInfo.InvariantCulture);

    private static void WriteArithmetic(TextWriter writer, IReadOnlyList<Statement> statements)
    {
        foreach (var statement in statements)
        {
            writer.Write($"\n{statement.Program}\n");
            foreach (var sum in (ReadOnlySpan<Sum?>)[statement.Used, statement.Available, statement.SwapUsed])
            {
                if (sum is not null) WriteSum(writer, sum);
            }

            if (statement.Verdict.Length > 0) writer.Write($"  {statement.Verdict}\n");
        }
    }

    private static void WriteSum(TextWriter writer, Sum sum)
    {
        var (names, values) = (new StringBuilder(), new StringBuilder());
        for (var i = 0; i < sum.Terms.Count; i++)
        {
            var sign = i == 0 ? "" : sum.Terms[i].IsTaken ? " - " : " + ";
            names.Append(sign).Append(sum.Terms[i].Name);
            values.Append(sign).Append(sum.Terms[i].Kilobytes.ToString(CultureInfo.InvariantCulture));
        }

        writer.Write($"  {sum.Of,-12}= {names}{(sum.IsFallback ? "   (its own formula has no sense here)" : "")}\n");
        if (sum.Terms.Count > 1)
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"  {"",-12}= {values} = {sum.Kilobytes} kB\n"));
    }

    private static void WriteJson(Utf8JsonWriter json, IReadOnlyList<Statement> statements)
    {
        json.WriteStartObject();
        json.WriteString("unit", "kB");
        json.WriteStartArray("programs");
        foreach (var statement in statements)
        {
            json.WriteStartObject();
            json.WriteString("program", statement.Program);
            WriteSum(json, "used", statement.Used);
            WriteSum(json, "available", statement.Available);
            WriteSum(json, "swapUsed", statement.SwapUsed);
            if (statement.Verdict.Length > 0) json.WriteString("verdict", statement.Verdict);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSum(Utf8JsonWriter json, string name, Sum? sum)
    {
        if (sum is null) return;
        json.WriteStartObject(name);
        json.WriteNumber("value", sum.Kilobytes);
        json.WriteStartArray("terms");
        foreach (var term in sum.Terms)
        {
            json.WriteStartObject();
            json.WriteString("name", term.Name);
            json.WriteNumber("value", term.IsTaken ? -(long)term.Kilobytes : (long)term.Kilobytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
