; SPDX-License-Identifier: GPL-2.0-or-later
;
; The lab's guest: boots from the first sectors of its IDE disk on QEMU's "pc" machine and then lives on a 100 Hz timer,
; halted between the ticks. Every tick it
;   - sends one byte to COM1: 0x80 | (tick & 0x7f), and every 100 ticks a line of text with its mark and its counters;
;   - dirties memory: one word in each of so many 4 KiB pages, at the rate that the host wrote into the order sector;
;   - moves its disk work one step on (a state machine, so that a slow disk never makes it spin);
;   - looks at the ACPI power button, and switches itself off when it was pressed.
;
; Disk (512-byte sectors, little endian; guest_disk.h has the same in C):
;   0..15   this program
;   16      orders, written by the host, read about twice a second:
;           "HVCORDER" +8 rate KiB/s +12 flags (1: ignore the power button) +16 action (1: power off, 2: reset)
;           +24 mark of the copy that the action is meant for
;   32      the mark of the copy that owns the disk: "HVCMARK1" +8 mark +16 count +24 tick +32 nonce +40 boots
;           +44 conflicts +48 I/O errors +52 rate +56 memory KiB +60 how often this boot heard the power button
;   64..127 conflicts, newest over oldest: "HVCFORK1" +8 my mark +16 my count +24 my tick +32 what was found there (48 bytes)
;   128..191 boots: "HVCBOOT1" +8 mark +16 count at boot +24 boots
;
; Before each write of sector 32 it reads the sector back: whatever is not what this very copy wrote last (the nonce is
; the time stamp counter at the write, so even a forked copy with the same mark differs) is a conflict: somebody else runs.

SECTORS     equ 16
LBA_ORDERS  equ 16
LBA_MARK    equ 32
LBA_FORKS   equ 64
LBA_BOOTS   equ 128
COM1        equ 0x3F8
ATA         equ 0x1F0
HZ          equ 100
BUFFER      equ 0x10000         ; a sector that was read
MINE        equ 0x10200         ; sector 32 as this copy wrote it last
SCRATCH     equ 0x10400         ; a sector to write
IDT         equ 0x11000
DIRTY_BASE  equ 0x400000        ; memory from 4 MiB up is dirtied
CYCLE       equ 5               ; ticks from one write of the mark to the next

            org 0x7C00
            bits 16
start:      cli
            xor ax, ax
            mov ds, ax
            mov es, ax
            mov ss, ax
            mov sp, 0x7C00
            cld
            jmp 0:.here
.here:      sti
            mov ah, 0x42        ; the rest of the program, by the BIOS
            mov si, packet
            int 0x13
            jc boot_failed
            in al, 0x92         ; A20
            or al, 2
            and al, 0xFE
            out 0x92, al
            cli
            lgdt [gdt_pointer]
            mov eax, cr0
            or al, 1
            mov cr0, eax
            jmp 8:protected

boot_failed:
            mov dx, COM1
            mov si, .text
.next:      lodsb
            test al, al
            jz .halt
            out dx, al
            jmp .next
.halt:      hlt
            jmp .halt
.text:      db "no disk", 10, 0

            align 4
packet:     db 16, 0
            dw SECTORS - 1
            dw 0x7E00, 0        ; offset, segment
            dq 1

            align 8
gdt:        dq 0
            dq 0x00CF9A000000FFFF
            dq 0x00CF92000000FFFF
gdt_pointer:
            dw 23
            dd gdt

            times 510 - ($ - $$) db 0
            dw 0xAA55

            bits 32
protected:  mov ax, 16
            mov ds, ax
            mov es, ax
            mov ss, ax
            mov esp, 0x7C00
            cld
            call init_serial
            mov esi, word_start
            call send_text
            call init_memory
            call init_power
            call init_mark
            call init_interrupts
            call first_read

main:       sti
            hlt
            cli
            mov eax, [tick]
            cmp eax, [done]
            je main
            mov [done], eax
            call forget_tlb
            sti
            call send_tick
            call dirty
            call disk
            call power_button
            call obey
            mov eax, [done]
            cmp eax, [line_at]
            jb main
            add eax, HZ
            mov [line_at], eax
            cmp byte [owns], 0  ; nothing to tell before the disk was read
            je main
            mov esi, word_mark
            call send_line
            jmp main

; --- time ---------------------------------------------------------------------------------------------------------

timer:      inc dword [tick]
            push eax
            mov al, 0x20
            out 0x20, al
            pop eax
            iret

fault:      mov esi, word_fault
            call send_line
.halt:      cli
            hlt
            jmp .halt

init_interrupts:
            mov edi, IDT        ; 32 faults, then the timer
            mov ecx, 32
            mov eax, fault
            call .gates
            mov ecx, 1
            mov eax, timer
            call .gates
            lidt [idt_pointer]
            mov al, 0x11        ; both interrupt controllers: vectors 32 and 40, only the timer is let through
            out 0x20, al
            out 0xA0, al
            mov al, 32
            out 0x21, al
            mov al, 40
            out 0xA1, al
            mov al, 4
            out 0x21, al
            mov al, 2
            out 0xA1, al
            mov al, 1
            out 0x21, al
            out 0xA1, al
            mov al, 0xFE
            out 0x21, al
            mov al, 0xFF
            out 0xA1, al
            mov al, 0x34        ; timer 0, rate generator, 1193182 / HZ
            out 0x43, al
            mov ax, 1193182 / HZ
            out 0x40, al
            mov al, ah
            out 0x40, al
            ret
.gates:     mov ebx, eax        ; ECX gates to EAX at EDI
            and ebx, 0xFFFF
            or ebx, 8 << 16
            mov edx, eax
            and edx, 0xFFFF0000
            or edx, 0x8E00
.gate:      mov [edi], ebx
            mov [edi + 4], edx
            add edi, 8
            loop .gate
            ret

; --- serial line ----------------------------------------------------------------------------------------------------

init_serial:
            mov dx, COM1 + 1
            xor al, al
            out dx, al          ; no interrupts
            mov dx, COM1 + 3
            mov al, 0x80
            out dx, al
            mov dx, COM1
            mov al, 1           ; 115200
            out dx, al
            mov dx, COM1 + 1
            xor al, al
            out dx, al
            mov dx, COM1 + 3
            mov al, 3           ; 8N1
            out dx, al
            mov dx, COM1 + 2
            mov al, 0xC7
            out dx, al
            mov dx, COM1 + 4
            mov al, 3
            out dx, al
            ret

; AL to the line. A line that takes nothing (its other end stands still) costs the byte, not the guest's time.
send:       push edx
            push ecx
            push eax
            mov dx, COM1 + 5
            mov ecx, 64
.wait:      in al, dx
            test al, 0x20
            jnz .ready
            loop .wait
.ready:     pop eax
            jecxz .lost
            mov dx, COM1
            out dx, al
.lost:      pop ecx
            pop edx
            ret

send_tick:  mov al, [done]
            or al, 0x80
            jmp send

send_text:  lodsb               ; at ESI, ends with 0
            test al, al
            jz .end
            call send
            jmp send_text
.end:       ret

send_hex:   mov ecx, 8          ; EAX
.digit:     rol eax, 4
            push eax
            and al, 15
            add al, '0'
            cmp al, '9'
            jbe .send
            add al, 'a' - '9' - 1
.send:      call send
            pop eax
            loop .digit
            ret

; The word at ESI and all counters: "mark 0123456789abcdef tick 00000064 count 0000000000000010 boots ... \n"
send_line:  call send_text
            mov eax, [MINE + 12]
            call send_hex
            mov eax, [MINE + 8]
            call send_hex
            mov esi, word_tick
            call send_text
            mov eax, [done]
            call send_hex
            mov esi, word_count
            call send_text
            mov eax, [MINE + 20]
            call send_hex
            mov eax, [MINE + 16]
            call send_hex
            mov esi, word_boots
            call send_text
            mov eax, [MINE + 40]
            call send_hex
            mov esi, word_forks
            call send_text
            mov eax, [MINE + 44]
            call send_hex
            mov al, 10
            jmp send

; --- memory -----------------------------------------------------------------------------------------------------------

init_memory:
            mov al, 0x35        ; CMOS: 64 KiB blocks above 16 MiB
            out 0x70, al
            in al, 0x71
            mov ah, al
            mov al, 0x34
            out 0x70, al
            in al, 0x71
            movzx eax, ax
            shl eax, 16
            add eax, 0x1000000
            mov [memory_end], eax
            mov dword [dirty_at], DIRTY_BASE
            ret

dirty:      mov eax, [rate]     ; KiB/s: rate / 4 pages in HZ ticks, the rest is carried on
            add eax, [rate_rest]
            xor edx, edx
            mov ecx, 4 * HZ
            div ecx
            mov [rate_rest], edx
            mov ecx, eax
            jecxz .end
            mov edi, [dirty_at]
            mov eax, [done]
.page:      mov [edi], eax
            add edi, 4096
            cmp edi, [memory_end]
            jb .next
            mov edi, DIRTY_BASE
.next:      loop .page
            mov [dirty_at], edi
.end:       ret

; --- power --------------------------------------------------------------------------------------------------------------

init_power: mov edx, 0xCF8      ; PIIX4 power management, function 3 of device 1: its I/O base
            mov eax, 0x80000B40
            out dx, eax
            mov edx, 0xCFC
            in eax, dx
            and eax, 0xFFC0
            mov [pm], eax
            mov edx, eax
            add edx, 2
            mov ax, 0x100       ; let the power button set its status bit; its interrupt stays masked
            out dx, ax
            ret

power_button:
            mov edx, [pm]
            in ax, dx
            test ax, 0x100
            jz .end
            mov ax, 0x100
            out dx, ax          ; seen
            inc dword [presses]
            test byte [flags], 1
            jz power_off
.end:       ret

power_off:  cli
            mov esi, word_off
            call send_line
            mov edx, [pm]
            add edx, 4
            mov ax, 1 << 13     ; sleep type 0 is S5 here
            out dx, ax
.halt:      hlt
            jmp .halt

; An action ordered for this very copy.
obey:       mov eax, [action]
            test eax, eax
            jz .end
            mov dword [action], 0
            cmp eax, 1
            je power_off
            lidt [no_idt]       ; no way to handle anything: the processor resets
            int3
.end:       ret

; --- disk -----------------------------------------------------------------------------------------------------------------

; The time stamp counter and the clock, mixed: another one at every boot.
init_mark:  rdtsc
            mov [seed], eax
            mov [seed + 4], edx
            xor ebx, ebx
            mov ecx, 10         ; seconds to year, as the CMOS clock has them
.clock:     mov al, cl
            dec al
            out 0x70, al
            in al, 0x71
            rol ebx, 7
            xor bl, al
            loop .clock
            rdtsc
            xor ebx, eax
            call mix
            mov [MINE + 8], eax
            rdtsc
            xor ebx, eax
            xor ebx, [seed]
            call mix
            mov [MINE + 12], eax
            ret
mix:        imul ebx, ebx, 0x9E3779B1   ; EBX to EAX; odd multipliers lose nothing
            mov eax, ebx
            shr eax, 15
            xor ebx, eax
            imul ebx, ebx, 0x85EBCA77
            mov eax, ebx
            shr eax, 13
            xor eax, ebx
            mov ebx, eax
            ret

; Starts command AL (0x20 read, 0x30 write) for one sector at LBA EBX.
ata_start:  push eax
            mov dx, ATA + 0x206 ; no interrupts
            mov al, 2
            out dx, al
            mov dx, ATA + 6
            mov al, 0xE0
            out dx, al
            mov dx, ATA + 2
            mov al, 1
            out dx, al
            inc edx
            mov al, bl
            out dx, al
            inc edx
            mov al, bh
            out dx, al
            inc edx
            shr ebx, 16
            mov al, bl
            out dx, al
            mov dx, ATA + 7
            pop eax
            out dx, al
            ret

; ZF clear while the disk is busy. Otherwise AL is its status; an error is counted and CF set.
ata_status: mov dx, ATA + 7
            in al, dx
            test al, 0x80
            jnz .end
            test al, 0x21
            jz .end
            inc dword [MINE + 48]
            cmp al, al
            stc
.end:       ret

read_sector:
            mov al, 0x20
            call ata_start
            ret

; Writes the sector at SCRATCH to LBA EBX: QEMU takes the data at once and is busy afterwards.
write_sector:
            mov al, 0x30
            call ata_start
            mov ecx, 1000
.wait:      in al, dx
            test al, 8
            jnz .go
            loop .wait
            ret                 ; no data wanted: the next status tells why
.go:        mov esi, SCRATCH
            mov dx, ATA
            mov ecx, 256
            rep outsw
            ret

take_data:  mov edi, BUFFER
            mov dx, ATA
            mov ecx, 256
            rep insw
            ret

first_read: mov dword [step], step_boot_read
            mov ebx, LBA_MARK
            jmp read_sector

disk:       jmp [step]

; After an error the step is begun again in a second. Whether a failed write reached the disk is not known, so what is
; read next is not compared.
retry:      mov byte [unsure], 1
            mov eax, [done]
            add eax, HZ
            mov [next_at], eax
            cmp byte [owns], 0
            jne .own
            mov dword [step], step_boot_wait
            ret
.own:       mov dword [step], step_idle
            ret

step_boot_wait:
            mov eax, [done]
            cmp eax, [next_at]
            jae first_read
            ret

; What the disk says at boot is what this copy continues: the count goes on, the boots are one more.
step_boot_read:
            call ata_status
            jc retry
            jnz .end
            call take_data
            mov eax, 1          ; boots
            cmp dword [BUFFER], 'HVCM'
            jne .fresh
            cmp dword [BUFFER + 4], 'ARK1'
            jne .fresh
            mov eax, [BUFFER + 16]
            mov [MINE + 16], eax
            mov eax, [BUFFER + 20]
            mov [MINE + 20], eax
            mov eax, [BUFFER + 44]
            mov [MINE + 44], eax
            mov eax, [BUFFER + 40]
            inc eax
.fresh:     mov [MINE + 40], eax
            mov byte [owns], 1
            mov esi, word_boot
            call send_line
            mov esi, MINE       ; the boot's own sector
            call copy_out
            mov dword [SCRATCH], 'HVCB'
            mov dword [SCRATCH + 4], 'OOT1'
            mov eax, [MINE + 40]
            mov [SCRATCH + 24], eax
            mov ebx, eax
            dec ebx
            and ebx, 63
            add ebx, LBA_BOOTS
            call write_sector
            mov dword [step], step_boot_written
.end:       ret

step_boot_written:
            call ata_status
            jc retry
            jnz .end
            call write_mark
.end:       ret

copy_out:   mov edi, SCRATCH        ; a sector at ESI
            mov ecx, 128
            rep movsd
            ret

; QEMU 7.2 under TCG loses memory in a migration: clearing dirty bits in bulk does not tell the translated CPU's TLB, so
; that later stores to those pages are not seen and the target goes on with an old page (mended in QEMU 9.0: "physmem: Fix
; migration dirty bitmap coherency with TCG memory access"). A change of CR0.WP empties the TLB; the stores that follow
; are seen. Without it a copy takes its own last write on the disk for somebody else's.
forget_tlb: mov eax, cr0
            xor eax, 1 << 16
            mov cr0, eax
            ret

; The next count, and the nonce of this very write.
write_mark: call forget_tlb
            add dword [MINE + 16], 1
            adc dword [MINE + 20], 0
            mov dword [MINE], 'HVCM'
            mov dword [MINE + 4], 'ARK1'
            mov eax, [done]
            mov [MINE + 24], eax
            rdtsc
            mov [MINE + 32], eax
            mov [MINE + 36], edx
            mov eax, [rate]
            mov [MINE + 52], eax
            mov eax, [memory_end]
            shr eax, 10
            mov [MINE + 56], eax
            mov eax, [presses]
            mov [MINE + 60], eax
            mov esi, MINE
            call copy_out
            mov ebx, LBA_MARK
            call write_sector
            mov eax, [done]
            add eax, CYCLE
            mov [next_at], eax
            mov dword [step], step_mark_written
            ret

step_mark_written:
            call ata_status
            jc retry
            jnz .end
            mov dword [step], step_idle
            dec dword [orders_in]
            jns .end
            mov dword [orders_in], HZ / CYCLE / 2
            mov ebx, LBA_ORDERS
            call read_sector
            mov dword [step], step_orders_read
.end:       ret

step_orders_read:
            call ata_status
            jc retry
            jnz .end
            call take_data
            mov dword [step], step_idle
            cmp dword [BUFFER], 'HVCO'
            jne .end
            cmp dword [BUFFER + 4], 'RDER'
            jne .end
            mov eax, [BUFFER + 8]
            cmp eax, 16 * 1024 * 1024   ; 16 GiB/s is more than any machine does
            ja .end
            mov [rate], eax
            mov eax, [BUFFER + 12]
            mov [flags], eax
            mov eax, [BUFFER + 24]
            cmp eax, [MINE + 8]
            jne .end
            mov eax, [BUFFER + 28]
            cmp eax, [MINE + 12]
            jne .end
            mov eax, [BUFFER + 16]
            mov [action], eax
.end:       ret

step_idle:  mov eax, [done]
            cmp eax, [next_at]
            jb .end
            mov ebx, LBA_MARK
            call read_sector
            mov dword [step], step_mark_read
.end:       ret

; Is it what this copy wrote last?
step_mark_read:
            call ata_status
            jc retry
            jnz .end
            call take_data
            cmp byte [unsure], 0
            mov byte [unsure], 0
            jne .write
            mov esi, BUFFER
            mov edi, MINE
            mov ecx, 10         ; magic, mark, count, tick, nonce
            repe cmpsd
            jne .conflict
.write:     call write_mark
.end:       ret
.conflict:  mov eax, [BUFFER + 44]
            cmp dword [BUFFER], 'HVCM'
            jne .count
            cmp eax, [MINE + 44]
            jbe .count
            mov [MINE + 44], eax
.count:     inc dword [MINE + 44]
            mov esi, MINE
            call copy_out
            mov esi, BUFFER
            mov edi, SCRATCH + 32
            mov ecx, 12
            rep movsd
            mov dword [SCRATCH], 'HVCF'
            mov dword [SCRATCH + 4], 'ORK1'
            mov ebx, [MINE + 44]
            dec ebx
            and ebx, 63
            add ebx, LBA_FORKS
            call write_sector
            mov dword [step], step_fork_written
            mov esi, word_fork
            jmp send_line

step_fork_written:
            call ata_status
            jc retry
            jnz .end
            call write_mark
.end:       ret

; --- data -------------------------------------------------------------------------------------------------------------------

word_start: db "start", 10, 0
word_boot:  db "boot ", 0
word_mark:  db "mark ", 0
word_off:   db "off ", 0
word_fork:  db "fork ", 0
word_fault: db "fault ", 0
word_tick:  db " tick ", 0
word_count: db " count ", 0
word_boots: db " boots ", 0
word_forks: db " forks ", 0

            align 8
idt_pointer:
            dw 33 * 8 - 1
            dd IDT
no_idt:     dw 0
            dd 0
            align 4
tick:       dd 0                ; counted by the timer
done:       dd 0                ; the tick that was worked on last
line_at:    dd 0
memory_end: dd 0
dirty_at:   dd 0
rate:       dd 0
rate_rest:  dd 0
flags:      dd 0
action:     dd 0
presses:    dd 0
pm:         dd 0
seed:       dq 0
step:       dd 0
next_at:    dd 0
orders_in:  dd 0
owns:       db 0                ; the disk was read: marks may be written
unsure:     db 0                ; a disk operation failed

            times SECTORS * 512 - ($ - $$) db 0
