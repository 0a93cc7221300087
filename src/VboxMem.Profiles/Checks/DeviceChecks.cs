// Checks of disks, swap areas and file systems against each other: every name of a disk must be one, and no disk serves twice.

using System.Globalization;
using VboxMem.Profiles.Layers;

namespace VboxMem.Profiles.Checks;

internal sealed class DeviceChecks(LayerStack settings, CheckErrors errors)
{
    public void Run()
    {
        var disks = settings.Count(DeviceKeys.Disks);
        for (var disk = 0; disk < disks; disk++) errors.Require(DeviceKeys.DiskSize, disk);

        var users = new string?[disks];
        for (var swap = 0; swap < settings.Count(DeviceKeys.Swaps); swap++)
        {
            if (errors.Require(DeviceKeys.SwapDisk, swap)) CheckDisk(DeviceKeys.SwapDisk, swap, users);
        }

        var paths = new HashSet<string>(StringComparer.Ordinal);
        for (var mount = 0; mount < settings.Count(DeviceKeys.Mounts); mount++)
        {
            CheckPath(mount, paths);
            if (settings.TryGet(DeviceKeys.MountDisk, out var name, mount) && name.Length > 0) CheckDisk(DeviceKeys.MountDisk, mount, users);
        }
    }

    private void CheckDisk(ScalarKey<string> key, int index, string?[] users)
    {
        var name = settings.Get(key, index);
        var path = LayerStack.PathOf(key, index);
        var disk = DeviceKeys.IndexOfDisk(name);
        if (disk < 0 || disk >= users.Length)
        {
            errors.Add(path, users.Length == 0
                ? "no such disk, allowed none: machine:disks is empty"
                : $"no such disk, allowed vda..{DeviceKeys.DiskName(users.Length - 1)}");
        }
        else if (users[disk] is { } user)
        {
            errors.Add(path, $"the disk is in use by {user}, allowed is one use of a disk");
        }
        else
        {
            users[disk] = path;
        }
    }

    private void CheckPath(int mount, HashSet<string> paths)
    {
        if (!errors.Require(DeviceKeys.MountPath, mount)) return;
        var path = settings.Get(DeviceKeys.MountPath, mount);
        var place = LayerStack.PathOf(DeviceKeys.MountPath, mount);
        if (!path.StartsWith('/') || (path.Length > 1 && path.EndsWith('/')) || path.Contains("//", StringComparison.Ordinal))
        {
            errors.Add(place, "not an absolute path, allowed is / or such as /mnt");
        }
        else if (!paths.Add(path))
        {
            errors.Add(place, string.Create(CultureInfo.InvariantCulture, $"a second file system at {path}, allowed is one"));
        }
    }
}
