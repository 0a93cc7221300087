namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/statm</c> in pages: size, resident, shared, code, 0, data and stack, 0.</summary>
/// <remarks>fs/proc/array.c: proc_pid_statm; the code here is the program's own, whatever of it is mapped.</remarks>
internal static class Statm
{
    public static void Render(in Subject subject, ProcText text)
    {
        if (subject.Memory is not { } mm)
        {
            text.Literal("0 0 0 0 0 0 0\n"u8);
            return;
        }

        text.Number(mm.TotalPages).Literal(" "u8).Number(mm.RssPages);
        text.Literal(" "u8).Number(mm.RssFilePages + mm.RssShmemPages);
        text.Literal(" "u8).Number(mm.CodePages).Literal(" 0 "u8).Number(mm.DataPages + mm.StackPages).Literal(" 0\n"u8);
    }
}
