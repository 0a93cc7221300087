namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/maps</c>: a line for each area; nothing where there is no address space.</summary>
internal static class Maps
{
    public static void Render(in Subject subject, ProcText text)
    {
        if (subject.Memory is not { } mm)
        {
            return;
        }

        foreach (var area in mm.Areas)
        {
            AreaLine.Render(subject, mm, area, text);
        }
    }
}
