using System.Globalization;
using Bogus;

namespace VboxMem.Workloads.Scenarios;

/// <summary>Makes up what applications write to their logs.</summary>
internal static class LogMessages
{
    private const int Count = 64;

    private static readonly string[] _levels = ["INFO", "INFO", "INFO", "INFO", "DEBUG", "DEBUG", "WARN", "ERROR"];

    public static IReadOnlyList<string> Build(ulong seed)
    {
        var faker = SeededFaker.For(seed, "log");
        var messages = new string[Count];
        for (var i = 0; i < Count; i++)
        {
            messages[i] = Message(faker);
        }

        return messages;
    }

    private static string Message(Faker faker)
    {
        var level = faker.Random.ArrayElement(_levels);
        var what = faker.Random.Int(0, 2) switch
        {
            0 => $"{faker.Hacker.IngVerb()} {faker.Hacker.Adjective()} {faker.Hacker.Noun()}",
            1 => faker.Hacker.Phrase(),
            _ => $"user={faker.Internet.UserName()} peer={faker.Internet.Ip()} {faker.Hacker.Verb()} {faker.Hacker.Noun()}",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{level} [worker-{faker.Random.Int(1, 16)}] {what} in {faker.Random.Int(1, 4000)} ms");
    }
}
