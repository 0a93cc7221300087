using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("VboxMem.Kernel.Tests")]
