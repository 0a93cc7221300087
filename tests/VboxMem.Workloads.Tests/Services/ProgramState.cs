using System.Reflection;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Tests.Services;

/// <summary>What a program remembers: its fields that can change, those of the structures it holds among them.</summary>
internal static class ProgramState
{
    /// <summary>Fields that the program's hash does not depend on.</summary>
    public static IEnumerable<string> FieldsLeftOut(UserProgram program)
    {
        for (var type = program.GetType(); type != typeof(UserProgram) && type != typeof(object); type = type!.BaseType)
        {
            foreach (var field in FieldsOf(type!))
            {
                foreach (var changed in ChangesOf(field.GetValue(program)))
                {
                    var copy = program.Clone();
                    field.SetValue(copy, changed.Value);
                    if (Tests.Programs.HashOf(copy) == Tests.Programs.HashOf(program))
                    {
                        yield return $"{type!.Name}.{field.Name}{changed.Path}";
                    }
                }
            }
        }
    }

    /// <summary>Fields that are neither fixed nor a parameter of the constructor.</summary>
    private static IEnumerable<FieldInfo> FieldsOf(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Where(static field => !field.IsInitOnly && !(field.Name.StartsWith('<') && field.Name.EndsWith('P')));

    /// <summary>Values that differ from one in one place.</summary>
    private static IEnumerable<(string Path, object Value)> ChangesOf(object? value)
    {
        switch (value)
        {
            case ulong number:
                return [("", number + 1)];
            case int number:
                return [("", number + 1)];
            case bool flag:
                return [("", !flag)];
            case Enum kind:
                return [("", Enum.ToObject(kind.GetType(), Convert.ToInt64(kind, null) + 1))];
            case int[] numbers:
                return [("[0]", (int[])[numbers[0] + 1, .. numbers[1..]])];
            case ulong[] numbers:
                return [("[0]", (ulong[])[numbers[0] + 1, .. numbers[1..]])];
            default:
                return value is not null && value.GetType() is { IsValueType: true, IsPrimitive: false } ? ChangesOfStructure(value) : [];
        }
    }

    private static IEnumerable<(string Path, object Value)> ChangesOfStructure(object value)
    {
        foreach (var field in FieldsOf(value.GetType()))
        {
            foreach (var change in ChangesOf(field.GetValue(value)))
            {
                var copy = typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(value, null)!;
                field.SetValue(copy, change.Value);
                yield return ($".{field.Name}{change.Path}", copy);
            }
        }
    }
}
