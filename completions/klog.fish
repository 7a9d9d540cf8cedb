# Completion of klog's programs for fish. The programs know what can follow:
# "klog-topics --complete WORD.." prints it (a candidate a line, a tab and its
# meaning; ":file" and ":dir" are the shell's to do).

function __klog_complete
    set -l words (commandline -opc)
    # the word without its quotes, of which the last may be open
    set -l cur (commandline -ct | string replace -r -- '^[\'"]' '' |
        string replace -ra -- '\\\\(.)' '$1')
    for line in ($words[1] --complete $words[2..-1] "$cur" 2>/dev/null)
        switch $line
            case ':file'
                __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$cur")
            case ':dir'
                __fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$cur")
            case '*'
                echo $line
        end
    end
end

for program in klog-broker klog-consume klog-groups klog-mirror klog-produce klog-topics
    complete -c $program -f -a '(__klog_complete)'
end
