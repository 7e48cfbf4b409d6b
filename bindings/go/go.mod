module ralphlock

go 1.19
